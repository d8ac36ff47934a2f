/* The table of all configuration keys: type, default, limits and a line of help. The file reader,
 * the getters, `dubboc config` and the test of the manual page all use it, so a new key only needs
 * a new row. */
#ifndef BASE_CONFIG_KEYS_H
#define BASE_CONFIG_KEYS_H

#include "base/slice.h"
#include <dubboc/error.h>

typedef enum config_type {
    CONFIG_TEXT,
    CONFIG_BOOL,     /* true or false */
    CONFIG_INT,      /* "auto", if the key allows it, is -1 */
    CONFIG_DURATION, /* 350ms, 2s, 10m, 1h; "none", if the key allows it, is -1 */
    CONFIG_SIZE,     /* bytes, KiB, MiB, GiB */
    CONFIG_LIST      /* comma-separated words */
} config_type;

/* Where a key may be used in the sections "service X" and "reference X". */
enum {
    CONFIG_OF_SECTION = 1, /* key = value */
    CONFIG_OF_METHOD = 2   /* <method>.key = value */
};

/* The form that a text must have. */
typedef enum config_form {
    CONFIG_FORM_ANY,
    CONFIG_FORM_IP,       /* an IPv4 or IPv6 address, or empty */
    CONFIG_FORM_HOST,     /* a host name or an address, or empty */
    CONFIG_FORM_REGISTRY, /* a registry URL, or empty */
    CONFIG_FORM_HTTP_URL, /* http:// or https:// with a host */
    CONFIG_FORM_NAME,     /* a group or version: letters, digits and . _ -, or empty */
    CONFIG_FORM_PROXY,    /* a proxy URL with a scheme that libcurl supports, or empty */
    CONFIG_FORM_PATH      /* the path of a service, or empty: see config_path_fault() */
} config_form;

typedef struct config_key {
    /* "client" for example. "service" and "reference": the key is in the sections of all
     * interfaces. */
    const char *section;
    const char *name;
    config_type type;
    const char *value; /* the default as text; NULL: no default */
    /* Limits of INT, DURATION (ms) and SIZE (bytes). LIST: min 1 means at least one item. */
    int64_t min, max;
    const char *special; /* INT, DURATION, SIZE: the word that means -1; NULL: none */
    /* TEXT, LIST: the valid words, separated by blanks; NULL: any text is valid. */
    const char *words;
    const char *later; /* TEXT, LIST: words that a later release will accept */
    config_form form;  /* TEXT: the form that the text must have */
    /* In sections of interfaces: CONFIG_OF_SECTION, CONFIG_OF_METHOD, or both. */
    unsigned where;
    /* The key whose value is used if this key is not set; NULL: none. */
    const char *inherits_section, *inherits_name;
    /* Another variable that sets the key if its own variable is not set; NULL: none. */
    const char *variable;
    bool is_later;  /* the key belongs to a later release */
    bool is_secret; /* the value is never shown */
    /* The value is an address that may lack its "scheme://" and may contain
     * user:password@. */
    bool may_be_bare;
    const char *help; /* one line for the manual page and docs/sample.ini */
} config_key;

/* All rows, in the order of the manual page. */
const config_key *config_keys(size_t *count);

/* Whether the section exists once per interface: "service" and "reference". */
bool config_section_is_per_interface(const char *section);

/* Whether c may be in the name of an interface, as in Java, inner classes included. The name of a
 * section may contain other characters, because other programs may read the file too, but dubboc
 * does not use such a section. */
bool config_is_interface_char(char c);

/* The parts of a section name such as "client" or "service com.acme.Orders". */
typedef struct config_section {
    const char *name;       /* the name in the table; static */
    dubboc_slice interface; /* empty for sections that do not belong to an interface */
} config_section;

/* Splits and checks the name of a section. err says what was expected.
 *
 * - DUBBOC_E_CONFIG: there is no such section.
 * - DUBBOC_E_UNSUPPORTED: the section belongs to a later release. */
dubboc_status config_section_read(dubboc_slice text, config_section *section, dubboc_error *err);

/* Finds the row of "key", or of "<method>.key" in the section of an interface. *method: the part
 * before the last dot, or empty.
 *
 * - DUBBOC_E_CONFIG: there is no such key; err names the most similar one.
 * - DUBBOC_E_UNSUPPORTED: the key belongs to a later release. */
dubboc_status config_key_find(const config_section *section, dubboc_slice name,
    const config_key **key, dubboc_slice *method, dubboc_error *err);

/* Finds a row without an error text, for callers that know that the row exists. NULL: there is no
 * such key. */
const config_key *config_key_get(dubboc_slice section, dubboc_slice name, unsigned where);

/* Writes the name of the environment variable for a section ("client", "service com.example.Users")
 * and key ("retries", "GetUser.timeout"). false: size is too small. */
bool config_variable_name(dubboc_slice section, dubboc_slice key, char *name, size_t size);

/* Whether a is probably a misspelling of b: they differ in case, blanks, '-' for '_', or one or two
 * letters. */
bool config_is_near(dubboc_slice a, const char *b);

#endif
