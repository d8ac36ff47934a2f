/* The table of dialects. Numbers in brackets (P8, 12.8) are sections and pitfalls in
 * docs/wire.md. */
#include "client/dialect.h"

#include <assert.h>

#define LINES(type)                                                                                \
    {                                                                                              \
        "Accept: " type "\r\nContent-Type: " type "\r\n",                                          \
            sizeof "Accept: \r\nContent-Type: \r\n" - 1 + 2 * (sizeof type - 1)                    \
    }

enum { PEER_UNKNOWN, PEER_DUBBOGO, PEER_DUBBO_GO, PEER_JAVA, PEER_PLAIN, PEERS };

static const dialect dialect_table[PEERS] = {
    /* For URLs given by the user and nodes of unknown origin: the form that every known peer
     * accepts. */
    [PEER_UNKNOWN] = {"dubbo", LINES("application/json"), .sends_timeout = true,
        .takes_batches = false, .hangs_up_unsaid = true, .may_lack_result = true},
    /* dubbogo 0.1 and 0.2: compares the Content-Type byte for byte, so no charset (P8); reads the
     * Timeout header (P11); closes the connection silently after a batch (P6), and after replying
     * that the method does not exist or that the params are wrong (3.1). */
    [PEER_DUBBOGO] = {"dubbogo", LINES("application/json"), .sends_timeout = true,
        .takes_batches = false, .hangs_up_unsaid = true},
    /* dubbo-go 1 to 3: compares the Content-Type as dubbogo does; ignores a decimal Timeout (12.8);
     * replies 500 to a batch and closes (3.1). */
    [PEER_DUBBO_GO] = {"dubbo-go", LINES("application/json"), .sends_timeout = true,
        .takes_batches = false, .hangs_up_unsaid = true},
    /* Java (jsonrpc4j): ignores Content-Type and Timeout; answers batches, though not always
     * completely (12.4). Also dubboc's own providers, because their nodes look like Java's. */
    [PEER_JAVA] = {"jsonrpc4j", LINES("application/json"), .sends_timeout = true,
        .takes_batches = true},
    /* Other strict JSON-RPC servers; only chosen by configuration. */
    [PEER_PLAIN] = {"jsonrpc", LINES("application/json-rpc"), .sends_timeout = false,
        .takes_batches = true},
};

static bool version_is_numeric(dubboc_slice text)
{
    for (size_t i = 0; i < text.len && text.at[i] != '-'; i++)
        if (!ascii_is_digit(text.at[i]) && text.at[i] != '.')
            return false;
    return text.len > 0 && ascii_is_digit(text.at[0]);
}

uint8_t dialect_peer_of(const provider_url *url)
{
    dubboc_slice dubbo = provider_url_find(url, "dubbo"),
                 release = provider_url_find(url, "release");
    if (slice_starts_with(dubbo, "dubbo-provider-golang-0."))
        return PEER_DUBBOGO;
    if (slice_starts_with(dubbo, "dubbo-provider-golang-") ||
        slice_starts_with(release, "dubbo-golang-"))
        return PEER_DUBBO_GO;
    return version_is_numeric(release.len > 0 ? release : dubbo) ? PEER_JAVA : PEER_UNKNOWN;
}

const dialect *dialect_of(uint8_t peer)
{
    assert(peer < PEERS);
    return &dialect_table[peer];
}

const dialect *dialect_find(const char *name)
{
    if (strcmp(name, "java") == 0) /* the name in releases before 0.2 */
        return &dialect_table[PEER_JAVA];
    for (int i = 0; i < PEERS; i++)
        if (strcmp(dialect_table[i].name, name) == 0)
            return &dialect_table[i];
    return NULL;
}
