/* A client's entry exists while it has connections, so the map is never larger than the number of
 * connections. */
#include "transport/http_server_shares.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

struct http_server_share {
    /* Guarded by the lock of its http_server_shares: */
    int connections;
    /* Constant: */
    uint8_t key_len;
    char key[8];
};

static void share_make_key(const struct sockaddr_storage *from, http_server_share *share)
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
    if (from->ss_family == AF_INET) {
        memcpy(share->key, &((const struct sockaddr_in *)from)->sin_addr, 4);
        share->key_len = 4;
    } else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        memcpy(share->key, &v6->sin6_addr.s6_addr[12], 4);
        share->key_len = 4;
    } else {
        memcpy(share->key, v6->sin6_addr.s6_addr, 8);
        share->key_len = 8;
    }
}

bool http_server_shares_init(http_server_shares *self, int connections_max)
{
    mutex_init(&self->lock, MUTEX_RANK_ADDRESSES);
    self->connections_max = connections_max;
    self->by_client = map_new();
    return self->by_client != NULL;
}

void http_server_shares_fini(http_server_shares *self)
{
    map_free(self->by_client, free);
    mutex_fini(&self->lock);
}

static http_server_share *shares_find_or_add_locked(
    http_server_shares *self, const http_server_share *wanted)
{
    dubboc_slice key = slice_make(wanted->key, wanted->key_len);
    http_server_share *share = map_find(self->by_client, key);
    if (share != NULL)
        return share;
    share = MEM_NEW(http_server_share);
    if (share == NULL)
        return NULL;
    *share = *wanted;
    if (map_put(self->by_client, key, share, NULL))
        return share;
    free(share);
    return NULL;
}

http_server_share *http_server_shares_take(
    http_server_shares *self, const struct sockaddr_storage *from)
{
    http_server_share wanted = {0};
    share_make_key(from, &wanted);
    mutex_lock(&self->lock);
    http_server_share *share = shares_find_or_add_locked(self, &wanted);
    if (share != NULL && share->connections >= self->connections_max)
        share = NULL;
    if (share != NULL)
        share->connections++;
    mutex_unlock(&self->lock);
    return share;
}

void http_server_shares_give_back(http_server_shares *self, http_server_share *share)
{
    mutex_lock(&self->lock);
    bool is_last = --share->connections == 0;
    if (is_last)
        map_remove(self->by_client, slice_make(share->key, share->key_len));
    mutex_unlock(&self->lock);
    if (is_last)
        free(share);
}
