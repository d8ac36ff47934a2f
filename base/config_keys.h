/* THE table of all keys: what may stand in a configuration, with type, default, limits and a line
 * of help. The reader, the getters, `dubboc config` and the check of the manual page all go by it;
 * a new key is a new row and nothing else. */
#ifndef BASE_CONFIG_KEYS_H
#define BASE_CONFIG_KEYS_H

#include "base/slice.h"
#include <dubboc/error.h>

typedef enum config_type {
    CONFIG_TEXT,
    CONFIG_BOOL,     /* true, false */
    CONFIG_INT,      /* "auto" where the key allows it: -1 */
    CONFIG_DURATION, /* 350ms, 2s, 10m, 1h; "none" where the key allows it: -1 */
    CONFIG_SIZE,     /* bytes, KiB, MiB, GiB */
    CONFIG_LIST      /* texts with commas between */
} config_type;

/* Where a key may stand in the sections "service X" and "reference X". */
enum {
    CONFIG_OF_SECTION = 1, /* key = value */
    CONFIG_OF_METHOD = 2   /* <method>.key = value */
};

/* What a text has to look like. */
typedef enum config_form {
    CONFIG_FORM_ANY,
    CONFIG_FORM_IP,       /* an IPv4 or IPv6 address, or empty */
    CONFIG_FORM_HOST,     /* a name or an address, or empty */
    CONFIG_FORM_REGISTRY, /* a registry URL, or empty */
    CONFIG_FORM_HTTP_URL, /* http:// or https://, with a host */
    CONFIG_FORM_NAME,     /* of a group or version: letters, digits and . _ -, or empty */
    CONFIG_FORM_PROXY,    /* a URL of a scheme that libcurl has for proxies, or empty */
    CONFIG_FORM_PATH      /* of a service, or empty: config_path_fault() */
} config_form;

typedef struct config_key {
    const char
        *section; /* "client"; "service" and "reference" stand for one section an interface */
    const char *name;
    config_type type;
    const char *value; /* the default as text; NULL: none */
    /* INT, DURATION (ms), SIZE (bytes); LIST: min 1: at least one */
    int64_t min, max;
    const char *special; /* INT, DURATION, SIZE: this word is -1 */
    /* TEXT, LIST: the only ones allowed, blanks between; NULL: any */
    const char *words;
    const char *later; /* TEXT, LIST: words of a later release */
    config_form form;  /* TEXT */
    /* in service and reference sections: CONFIG_OF_... */
    unsigned where;
    /* whose value is taken where this key is not set; NULL: none */
    const char *inherits_section, *inherits_name;
    /* another variable that sets it when its own one is not there; NULL: none */
    const char *variable;
    bool is_later;  /* all of it belongs to a later release */
    bool is_secret; /* never shown */
    /* an address that may stand without "scheme://", user:password@ included */
    bool may_be_bare;
    const char *help;
} config_key;

/* All rows, section by section in the order of the reference. */
const config_key *config_keys(size_t *count);

/* Whether there is one such section an interface. */
bool config_section_is_per_interface(const char *section);

/* What the name of an interface is made of: Java's names, inner classes too. A section may be named
 * after something else (other programs read the file as well), but then nothing uses it. */
bool config_is_interface_char(char c);

/* What a section's name in a file or a call means. */
typedef struct config_section {
    const char *name;       /* the table's, static */
    dubboc_slice interface; /* empty in the sections that stand once */
} config_section;

/* DUBBOC_OK. DUBBOC_E_CONFIG: no such section; DUBBOC_E_UNSUPPORTED: of a later release; err says
 * what was expected. */
dubboc_status config_section_read(dubboc_slice text, config_section *section, dubboc_error *err);

/* The row of "key", or of "<method>.key" in the sections of an interface (*method: what stands
 * before the last dot, else empty).
 * DUBBOC_E_CONFIG: there is none, err names the nearest; DUBBOC_E_UNSUPPORTED. */
dubboc_status config_key_find(const config_section *section, dubboc_slice name,
    const config_key **key, dubboc_slice *method, dubboc_error *err);

/* Without an error text, for those who know that it exists. NULL: no such key. */
const config_key *config_key_get(dubboc_slice section, dubboc_slice name, unsigned where);

/* The variable of a section ("client", "service com.example.Users") and key ("retries",
 * "GetUser.timeout"). false: longer than size allows. */
bool config_variable_name(dubboc_slice section, dubboc_slice key, char *name, size_t size);

/* Whether a and b differ by so little that one is meant where the other stands: case, blanks, '-'
 * for '_', one or two letters. */
bool config_is_near(dubboc_slice a, const char *b);

#endif
