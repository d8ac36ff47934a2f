/* The table of all configuration keys, and finding a row in it. Names follow dubbogo's, in snake
 * case. The error for an unknown name suggests the most similar one, because it is usually a
 * misspelling. */
#include "base/config_keys.h"

#include "base/error.h"
#include "base/mask.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

#define BALANCERS "random roundrobin"
#define BALANCERS_LATER "leastactive consistenthash p2c shortestresponse adaptive"
#define CLUSTERS_LATER "failfast failsafe failback forking broadcast available mergeable"
#define EITHER (CONFIG_OF_SECTION | CONFIG_OF_METHOD)

static const config_key keys[] = {
    {"application", "name", CONFIG_TEXT, .value = "dubboc",
        .help = "name of the program in the registry"},
    {"application", "organization", CONFIG_TEXT, .help = "organization that runs the program"},
    {"application", "module", CONFIG_TEXT, .help = "part of the program"},
    {"application", "version", CONFIG_TEXT, .help = "version of the program"},
    {"application", "owner", CONFIG_TEXT, .help = "person or team to ask about the program"},
    {"application", "environment", CONFIG_TEXT,
        .help = "where the program runs, such as test or production"},

    {"registry", "address", CONFIG_TEXT, .form = CONFIG_FORM_REGISTRY, .may_be_bare = true,
        .help = "address of the registry; empty: no registry"},
    {"registry", "timeout", CONFIG_DURATION, .value = "10s", .min = 100, .max = 10 * MINUTE,
        .help = "session time-out of ZooKeeper"},
    {"registry", "username", CONFIG_TEXT,
        .help = "user name for ZooKeeper's digest authentication"},
    {"registry", "password", CONFIG_TEXT, .is_secret = true,
        .help = "password for ZooKeeper's digest authentication; it is never shown"},
    {"registry", "self_check", CONFIG_DURATION, .value = "30s", .min = 10, .max = DAY,
        .help = "how often a provider looks whether its nodes are still there; one that was "
                "deleted is registered again"},

    {"client", "request_timeout", CONFIG_DURATION, .value = "3s", .min = 1, .max = DAY,
        .special = "none", .help = "time-out of the whole call, with all its attempts"},
    {"client", "attempt_timeout", CONFIG_DURATION, .value = "none", .min = 1, .max = DAY,
        .special = "none",
        .help = "time-out of one attempt of a call; a method that is not idempotent is not "
                "attempted again"},
    {"client", "connect_timeout", CONFIG_DURATION, .value = "1s", .min = 1, .max = HOUR,
        .help = "time-out of opening one connection"},
    {"client", "retries", CONFIG_INT, .value = "2", .max = 100,
        .help = "how often a call that may have been executed is repeated, if the method is "
                "idempotent"},
    {"client", "pool_size", CONFIG_INT, .value = "128", .min = 1, .max = 65535,
        .help = "largest number of connections to one provider"},
    {"client", "pool_ttl", CONFIG_DURATION, .value = "10m", .min = 1, .max = DAY, .special = "none",
        .help = "age after which a connection is not used again"},
    {"client", "pool_idle", CONFIG_DURATION, .value = "20s", .min = 1, .max = DAY,
        .help = "idle time after which a connection is not used again; keep it below the idle "
                "time-outs of the providers"},
    {"client", "dns_ttl", CONFIG_DURATION, .value = "10s", .min = 1, .max = DAY,
        .help = "time for which the addresses of a host name are kept"},
    {"client", "io_threads", CONFIG_INT, .value = "1", .max = 64,
        .help = "number of threads that run asynchronous calls; 0: the program steps the client"},
    {"client", "in_flight_max", CONFIG_INT, .value = "10000", .min = 1, .max = 1000000,
        .help = "largest number of asynchronous calls in flight; a further one is refused"},
    {"client", "selector", CONFIG_TEXT, .value = "cache", .words = "cache",
        .help = "how lists of providers are kept"},
    {"client", "selector_ttl", CONFIG_DURATION, .value = "300s", .min = 10, .max = DAY,
        .help = "time after which a list of providers is read again"},
    {"client", "load_balance", CONFIG_TEXT, .value = "random", .words = BALANCERS,
        .later = BALANCERS_LATER, .help = "policy that picks the provider of a call"},
    {"client", "cluster", CONFIG_TEXT, .value = "failover", .words = "failover",
        .later = CLUSTERS_LATER, .help = "what is done after a failed attempt"},
    {"client", "register", CONFIG_BOOL, .value = "true",
        .help = "whether the consumer writes a node into the registry, once the service is "
                "known there"},
    {"client", "reply_max", CONFIG_SIZE, .value = "64MiB", .min = 1, .max = 2 * GIB,
        .help = "size of the largest reply; a longer one is an error"},
    {"client", "empty_grace", CONFIG_DURATION, .value = "30s", .max = HOUR,
        .help = "how long the last providers are used when the registry's list suddenly becomes "
                "empty"},
    {"client", "snapshot_dir", CONFIG_TEXT,
        .help = "directory for copies of the lists of providers, with which programs start "
                "while the registry is away; empty: none"},
    {"client", "health_failures", CONFIG_INT, .value = "5", .min = 1, .max = 1000,
        .help = "number of failures, or of refusals, in a row after which a provider is "
                "ejected: it gets no calls for a while"},
    {"client", "health_rest", CONFIG_DURATION, .value = "30s", .min = 1, .max = HOUR,
        .help = "duration of the first ejection after failures; each further one is longer"},
    {"client", "health_probe", CONFIG_DURATION, .value = "1s", .min = 100, .max = HOUR,
        .special = "none",
        .help = "how often a provider that fails is asked by HTTP HEAD whether it lives; while it "
                "does not answer, it gets no calls"},
    {"client", "proxy", CONFIG_TEXT, .form = CONFIG_FORM_PROXY, .may_be_bare = true,
        .help = "URL of a proxy; empty: no proxy, even if http_proxy is set"},
    {"client", "tls_ca_file", CONFIG_TEXT,
        .help = "PEM file with the authorities that are trusted for https, and no others; "
                "empty: those of the system"},
    {"client", "router", CONFIG_TEXT, .is_later = true},

    {"server", "ip", CONFIG_TEXT, .form = CONFIG_FORM_IP,
        .help = "address to listen on; empty: all addresses"},
    {"server", "port", CONFIG_INT, .value = "10000", .max = 65535,
        .help = "port to listen on; 0: any free port"},
    {"server", "registered_ip", CONFIG_TEXT, .form = CONFIG_FORM_HOST,
        .variable = "DUBBO_IP_TO_REGISTRY",
        .help = "host that is registered for consumers; empty: the own address"},
    {"server", "registered_port", CONFIG_INT, .value = "0", .max = 65535,
        .variable = "DUBBO_PORT_TO_REGISTRY",
        .help = "port that is registered for consumers; 0: the port listened on"},
    {"server", "protocols", CONFIG_LIST, .value = "jsonrpc", .min = 1, .words = "jsonrpc http",
        .help = "schemes of the registered nodes: jsonrpc, and http for consumers of Dubbo "
                "2.7.4 and later"},
    {"server", "group", CONFIG_TEXT, .form = CONFIG_FORM_NAME,
        .help = "group of all services; empty: none"},
    {"server", "version", CONFIG_TEXT, .form = CONFIG_FORM_NAME,
        .help = "version of all services; empty: none"},
    {"server", "weight", CONFIG_INT, .value = "100", .max = 1000000,
        .help = "share of the calls, compared with other providers, of all services"},
    {"server", "loops", CONFIG_INT, .value = "auto", .max = 1024, .special = "auto",
        .help = "number of event loop threads; auto: one for each core; 0: none, the program "
                "calls dubboc_server_step()"},
    {"server", "workers", CONFIG_INT, .value = "auto", .min = 1, .max = 4096, .special = "auto",
        .help = "number of threads for blocking handlers; auto: 4 for each core, at least 8"},
    {"server", "queue", CONFIG_INT, .value = "1024", .min = 1, .max = 1000000,
        .help = "number of requests that may wait for a worker; more are refused with 503"},
    {"server", "queue_time", CONFIG_DURATION, .value = "3s", .min = 1, .max = HOUR,
        .help = "how long a request without a Timeout header may wait for a worker; then it is "
                "refused with 503"},
    {"server", "deferred_max", CONFIG_INT, .value = "100000", .min = 1, .max = 10000000,
        .help = "number of deferred answers that handlers may owe; more make "
                "dubboc_request_defer() fail"},
    {"server", "body_max", CONFIG_SIZE, .value = "8MiB", .min = 1, .max = 2 * GIB,
        .help = "size of the largest request body; a longer one is refused with 413"},
    {"server", "memory_max", CONFIG_SIZE, .value = "auto", .min = 64 * KIB, .max = TIB,
        .special = "auto",
        .help = "memory for requests: one half for their bodies, one half for the trees made of "
                "them; a request that does not fit waits for 1s and is then refused with 503; "
                "auto: a quarter of the memory of the machine or the control group, at most "
                "512MiB; at least twice body_max"},
    {"server", "connections", CONFIG_INT, .value = "10000", .min = 1, .max = 1000000,
        .help = "largest number of connections; beyond it a new connection replaces the one "
                "that has been idle for longest, else the slowest sender of a request, which is "
                "answered with 503; when there is neither, the new one is answered with 503"},
    {"server", "connections_per_address", CONFIG_INT, .value = "2048", .max = 1000000,
        .help = "largest number of connections from one address; 0: no limit of its own"},
    {"server", "header_timeout", CONFIG_DURATION, .value = "10s", .min = 1, .max = HOUR,
        .help = "time for the whole header of a request to arrive"},
    {"server", "body_timeout", CONFIG_DURATION, .value = "30s", .min = 1, .max = HOUR,
        .help = "time for the whole body of a request to arrive"},
    {"server", "answer_timeout", CONFIG_DURATION, .value = "60s", .min = 1, .max = DAY,
        .special = "none", .help = "time for the answer to be written and taken by the peer"},
    {"server", "idle_timeout", CONFIG_DURATION, .value = "75s", .min = 1, .max = DAY,
        .special = "none", .help = "time after which a connection without requests is closed"},
    {"server", "stop_watch_wait", CONFIG_DURATION, .value = "3s", .max = 10 * MINUTE,
        .help = "how long a stopping server goes on serving at least, after it has "
                "deregistered, so that consumers notice"},
    {"server", "stop_quiet", CONFIG_DURATION, .value = "2s", .max = 10 * MINUTE,
        .help = "a stopping server goes on serving until no call has come for this long, but "
                "not beyond stop_watch_max"},
    {"server", "stop_watch_max", CONFIG_DURATION, .value = "20s", .max = HOUR,
        .help = "how long a stopping server waits at most for consumers to notice; "
                "stop_watch_wait counts if it is longer"},
    {"server", "stop_drain", CONFIG_DURATION, .value = "30s", .max = HOUR,
        .help = "how long a stopping server waits at most for running requests, once it takes "
                "no new connections"},
    {"server", "check_raw", CONFIG_BOOL, .value = "false",
        .help = "whether the JSON that raw handlers return is checked"},
    {"server", "admin_address", CONFIG_TEXT, .is_later = true},
    {"server", "tls_cert_file", CONFIG_TEXT, .is_later = true},
    {"server", "tls_key_file", CONFIG_TEXT, .is_later = true},
    {"server", "warmup", CONFIG_DURATION, .is_later = true},

    {"log", "level", CONFIG_TEXT, .value = "warn", .words = "off error warn info debug",
        .help = "least important log events that the tool shows, and programs with "
                "DUBBOC_LOG_FROM_CONFIG"},

    {"service", "protocols", CONFIG_LIST, .min = 1, .words = "jsonrpc http",
        .where = CONFIG_OF_SECTION, .inherits_section = "server", .inherits_name = "protocols",
        .help = "schemes of the registered nodes of this service"},
    {"service", "group", CONFIG_TEXT, .form = CONFIG_FORM_NAME, .where = CONFIG_OF_SECTION,
        .inherits_section = "server", .inherits_name = "group", .help = "group of the service"},
    {"service", "version", CONFIG_TEXT, .form = CONFIG_FORM_NAME, .where = CONFIG_OF_SECTION,
        .inherits_section = "server", .inherits_name = "version", .help = "version of the service"},
    {"service", "path", CONFIG_TEXT, .form = CONFIG_FORM_PATH, .where = CONFIG_OF_SECTION,
        .help = "HTTP path of the service, without empty segments; empty: the interface"},
    {"service", "weight", CONFIG_INT, .max = 1000000, .where = CONFIG_OF_SECTION,
        .inherits_section = "server", .inherits_name = "weight",
        .help = "share of the calls of this service, compared with other providers"},
    {"service", "timeout", CONFIG_DURATION, .min = 1, .max = DAY, .where = EITHER,
        .help = "time-out that the node tells consumers to use"},
    {"service", "retries", CONFIG_INT, .max = 100, .where = EITHER,
        .help = "number of retries that the node tells consumers to use"},
    {"service", "register", CONFIG_BOOL, .value = "true", .where = CONFIG_OF_SECTION,
        .help = "whether the service is registered"},
    {"service", "warmup", CONFIG_DURATION, .is_later = true, .where = CONFIG_OF_SECTION},

    {"reference", "url", CONFIG_TEXT, .form = CONFIG_FORM_HTTP_URL, .where = CONFIG_OF_SECTION,
        .help = "address to call, without a registry"},
    {"reference", "group", CONFIG_TEXT, .where = CONFIG_OF_SECTION,
        .help = "group to ask for: one, several with commas between, or * for any"},
    {"reference", "version", CONFIG_TEXT, .where = CONFIG_OF_SECTION,
        .help = "version to ask for; * for any"},
    {"reference", "timeout", CONFIG_DURATION, .min = 1, .max = DAY, .special = "none",
        .where = EITHER, .inherits_section = "client", .inherits_name = "request_timeout",
        .help = "time-out of the whole call, with all its attempts"},
    {"reference", "attempt_timeout", CONFIG_DURATION, .min = 1, .max = DAY, .special = "none",
        .where = EITHER, .inherits_section = "client", .inherits_name = "attempt_timeout",
        .help = "time-out of one attempt of a call; a method that is not idempotent is not "
                "attempted again"},
    {"reference", "retries", CONFIG_INT, .max = 100, .where = EITHER, .inherits_section = "client",
        .inherits_name = "retries",
        .help = "how often a call that may have been executed is repeated, if the method is "
                "idempotent"},
    {"reference", "idempotent", CONFIG_LIST, .where = CONFIG_OF_SECTION,
        .help = "methods that may run twice, * for all; if not set, the provider decides"},
    {"reference", "selector", CONFIG_TEXT, .words = "cache", .where = CONFIG_OF_SECTION,
        .inherits_section = "client", .inherits_name = "selector",
        .help = "how the lists of its providers are kept"},
    {"reference", "load_balance", CONFIG_TEXT, .words = BALANCERS, .later = BALANCERS_LATER,
        .where = CONFIG_OF_SECTION, .inherits_section = "client", .inherits_name = "load_balance",
        .help = "policy that picks the provider of a call"},
    {"reference", "cluster", CONFIG_TEXT, .words = "failover", .later = CLUSTERS_LATER,
        .where = CONFIG_OF_SECTION, .inherits_section = "client", .inherits_name = "cluster",
        .help = "what is done after a failed attempt"},
    {"reference", "dialect", CONFIG_TEXT, .value = "auto",
        .words = "auto dubbo dubbogo dubbo-go jsonrpc4j java jsonrpc", .where = CONFIG_OF_SECTION,
        .help = "kind of provider that requests are written for; auto: what the node asks for; "
                "java: old name of jsonrpc4j"},
    {"reference", "router", CONFIG_TEXT, .is_later = true, .where = CONFIG_OF_SECTION},
};

#define KEY_COUNT (sizeof keys / sizeof keys[0])

static const char *const later_sections[] = {
    "admin", "configurator", "gateway", "metrics", "router", "tracing"};

const config_key *config_keys(size_t *count)
{
    *count = KEY_COUNT;
    return keys;
}

bool config_section_is_per_interface(const char *section)
{
    return strcmp(section, "service") == 0 || strcmp(section, "reference") == 0;
}

/* The longest names that are compared for similarity; a longer name is similar to none. */
#define NEAR_MAX 48

static size_t key_fold(dubboc_slice name, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (!ascii_is_alnum(name.at[i]))
            continue;
        if (len == NEAR_MAX)
            return 0;
        out[len++] = ascii_lower(name.at[i]);
    }
    return len;
}

static size_t key_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The edit distance (Damerau): how many letters must be changed, added, removed, or swapped with
 * their neighbour. */
static size_t key_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t d[NEAR_MAX + 1][NEAR_MAX + 1];
    for (size_t i = 0; i <= a_len; i++)
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = key_least(
                d[i - 1][j - 1] + (a[i - 1] != b[j - 1]), key_least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = key_least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a_len][b_len];
}

bool config_is_near(dubboc_slice a, const char *b)
{
    char folded_a[NEAR_MAX], folded_b[NEAR_MAX];
    size_t a_len = key_fold(a, folded_a), b_len = key_fold(slice_of(b), folded_b);
    if (a_len == 0 || b_len == 0)
        return false;
    size_t allowed = b_len < 4 ? 0 : b_len < 7 ? 1 : 2;
    return key_distance(folded_a, a_len, folded_b, b_len) <= allowed;
}

static const char *section_find(dubboc_slice name)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (slice_is(name, keys[i].section))
            return keys[i].section;
    return NULL;
}

static dubboc_status section_unknown(dubboc_slice text, dubboc_slice kind, dubboc_error *err)
{
    for (size_t i = 0; i < sizeof later_sections / sizeof later_sections[0]; i++)
        if (slice_is(kind, later_sections[i]))
            return error_set(
                err, DUBBOC_E_UNSUPPORTED, "section [%s] is not in this release", MASKED(text));
    error_set(err, DUBBOC_E_CONFIG, "unknown section [%s]", MASKED(text));
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (config_is_near(kind, keys[i].section)) {
            const char *more = config_section_is_per_interface(keys[i].section) ? " INTERFACE" : "";
            error_append(err, ", did you mean [%s%s]?", keys[i].section, more);
            return DUBBOC_E_CONFIG;
        }
    error_append(err, ", expected application, registry, client, server, log, service INTERFACE or "
                      "reference INTERFACE");
    return DUBBOC_E_CONFIG;
}

bool config_is_interface_char(char c)
{
    return ascii_is_alnum(c) || (c != '\0' && strchr("._-$", c) != NULL);
}

/* Whether the name of a section can be an interface: it is not empty, and has only characters that
 * are allowed in a path of the registry and in a URL. */
static bool section_is_interface(dubboc_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (strchr(" \t/?#", name.at[i]) != NULL)
            return false;
    return name.len > 0;
}

dubboc_status config_section_read(dubboc_slice text, config_section *section, dubboc_error *err)
{
    dubboc_slice kind, interface;
    bool has_more = slice_cut(text, ' ', &kind, &interface);
    const char *name = section_find(kind);
    if (name == NULL)
        return section_unknown(text, kind, err);
    if (!config_section_is_per_interface(name)) {
        if (has_more)
            return error_set(
                err, DUBBOC_E_CONFIG, "section [%s]: expected [%s] alone", MASKED(text), name);
    } else if (!section_is_interface(interface)) {
        return error_set(err, DUBBOC_E_CONFIG,
            "section [%s]: expected [%s INTERFACE], one blank between, no blank, /, ? or # in the "
            "interface",
            MASKED(text), name);
    }
    *section = (config_section){.name = name, .interface = interface};
    return DUBBOC_OK;
}

const config_key *config_key_get(dubboc_slice section, dubboc_slice name, unsigned where)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (slice_is(section, keys[i].section) && slice_is(name, keys[i].name) &&
            (keys[i].where == 0 || (keys[i].where & where) != 0))
            return &keys[i];
    return NULL;
}

/* The part of an unknown name that may be shown. In "password: a=b" the name contains the value. */
static dubboc_slice key_shown(dubboc_slice name)
{
    size_t len = 0;
    while (len < name.len && name.at[len] != ':' && name.at[len] != ' ' && name.at[len] != '\t')
        len++;
    return slice_make(name.at, len);
}

static dubboc_status key_unknown(const config_section *section, dubboc_slice name, dubboc_slice own,
    bool is_method, dubboc_error *err)
{
    dubboc_slice shown = key_shown(name);
    error_set(err, DUBBOC_E_CONFIG, "unknown key \"%s%s\" in [%s%s%s]", MASKED(shown),
        shown.len < name.len ? "..." : "", section->name, section->interface.len > 0 ? " " : "",
        MASKED(section->interface));
    if (shown.len < name.len) {
        error_append(err, ", expected key = value");
        return DUBBOC_E_CONFIG;
    }
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].section, section->name) == 0 && !keys[i].is_later &&
            config_is_near(own, keys[i].name)) {
            dubboc_slice before = slice_make(name.at, name.len - own.len); /* "METHOD." or empty */
            error_append(err, ", did you mean \"%.*s%s\"?", SLICE_ARGS(before), keys[i].name);
            return DUBBOC_E_CONFIG;
        }
    if (is_method)
        error_append(err, ", expected METHOD.timeout or METHOD.retries");
    for (size_t i = 0; i < KEY_COUNT && !is_method; i++)
        if (slice_is(name, keys[i].name) && !keys[i].is_later) {
            error_append(err, ", it belongs to [%s%s]", keys[i].section,
                config_section_is_per_interface(keys[i].section) ? " INTERFACE" : "");
            return DUBBOC_E_CONFIG;
        }
    return DUBBOC_E_CONFIG;
}

static dubboc_slice key_last_dot(dubboc_slice name)
{
    const char *dot = name.len > 0 ? memrchr(name.at, '.', name.len) : NULL;
    return dot != NULL ? slice_make(dot, (size_t)(name.at + name.len - dot)) : slice_make(NULL, 0);
}

dubboc_status config_key_find(const config_section *section, dubboc_slice name,
    const config_key **key, dubboc_slice *method, dubboc_error *err)
{
    dubboc_slice dot = key_last_dot(name);
    bool is_method = section->interface.len > 0 && dot.len > 0 && dot.at != name.at;
    dubboc_slice own = is_method ? slice_make(dot.at + 1, dot.len - 1) : name;
    const config_key *found = config_key_get(
        slice_of(section->name), own, is_method ? CONFIG_OF_METHOD : CONFIG_OF_SECTION);
    if (found == NULL)
        return key_unknown(section, name, own, is_method, err);
    if (found->is_later)
        return error_set(err, DUBBOC_E_UNSUPPORTED, "key \"%s\" of [%s] is not in this release",
            found->name, found->section);
    *key = found;
    *method = is_method ? slice_make(name.at, (size_t)(dot.at - name.at)) : slice_make(NULL, 0);
    return DUBBOC_OK;
}

static bool key_append_folded(char *name, size_t size, size_t *len, dubboc_slice text)
{
    if (text.len >= size - *len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool is_lower = c >= 'a' && c <= 'z';
        name[(*len)++] = is_lower ? (char)(c - 'a' + 'A') : ascii_is_alnum(c) ? c : '_';
    }
    name[*len] = '\0';
    return true;
}

bool config_variable_name(dubboc_slice section, dubboc_slice key, char *name, size_t size)
{
    size_t len = 0;
    return key_append_folded(name, size, &len, slice_of("DUBBOC_")) &&
           key_append_folded(name, size, &len, section) &&
           key_append_folded(name, size, &len, slice_of("_")) &&
           key_append_folded(name, size, &len, key);
}
