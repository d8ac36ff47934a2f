/* The port on ZooKeeper's multi-threaded C client: requests go to the current handle (handle.h),
 * their answers come through calls.h. Only these three files use that library. */
#include "registry/zookeeper/port.h"

#include "base/mem.h"
#include "registry/zookeeper/handle.h"
#include "registry/zookeeper/probe.h"

typedef struct zk_client_port {
    zk_port base;
    zk_mailbox *mailbox;
    char *servers;
    char *credentials;
    int timeout_ms;
    /* Guards current when it is changed, and when tests read it from other threads. */
    mutex lock;
    zk_handle *current;
} zk_client_port;

static zk_client_port *port_of(zk_port *port)
{
    return (zk_client_port *)port;
}

static bool port_open(zk_port *port, uint64_t generation)
{
    zk_client_port *self = port_of(port);
    zk_handle_settings settings = {.servers = self->servers,
        .credentials = self->credentials,
        .timeout_ms = self->timeout_ms,
        .mailbox = self->mailbox};
    zk_handle *made = zk_handle_open(&settings, generation);
    if (made == NULL)
        return false;
    mutex_lock(&self->lock);
    self->current = made;
    mutex_unlock(&self->lock);
    return true;
}

static void port_close(zk_port *port)
{
    zk_client_port *self = port_of(port);
    mutex_lock(&self->lock);
    zk_handle *former = self->current;
    self->current = NULL;
    mutex_unlock(&self->lock);
    zk_handle_give_up(former);
}

/* --- requests */

/* What a request needs. */
typedef struct port_request {
    zk_handle *handle;
    zhandle_t *zh;
    zk_call *call;
} port_request;

static bool port_prepare(zk_port *port, uint64_t cookie, size_t count, port_request *request)
{
    request->handle = port_of(port)->current;
    request->zh = request->handle != NULL ? zk_handle_library(request->handle) : NULL;
    request->call =
        request->zh != NULL ? zk_calls_add(zk_handle_calls(request->handle), cookie, count) : NULL;
    return request->call != NULL;
}

static bool port_create(zk_port *port, uint64_t cookie, const char *path, bool ephemeral)
{
    port_request to;
    return port_prepare(port, cookie, 0, &to) &&
           zk_call_was_sent(
               to.call, zoo_acreate(to.zh, path, "", 0, &ZOO_OPEN_ACL_UNSAFE,
                            ephemeral ? ZOO_EPHEMERAL : ZOO_PERSISTENT, zk_call_created, to.call));
}

static bool port_remove(zk_port *port, uint64_t cookie, const char *path)
{
    port_request to;
    return port_prepare(port, cookie, 0, &to) &&
           zk_call_was_sent(to.call, zoo_adelete(to.zh, path, -1, zk_call_removed, to.call));
}

static void port_write_part(zoo_op_t *part, const zk_op *op)
{
    if (op->is_create)
        zoo_create_op_init(part, op->path, "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, NULL, 0);
    else
        zoo_delete_op_init(part, op->path, -1);
}

static bool port_multi(zk_port *port, uint64_t cookie, const zk_op *ops, size_t count)
{
    port_request to;
    zoo_op_t *parts = MEM_NEW_ARRAY(count, zoo_op_t);
    bool is_sent = parts != NULL && port_prepare(port, cookie, count, &to);
    for (size_t i = 0; is_sent && i < count; i++)
        port_write_part(&parts[i], &ops[i]);
    is_sent = is_sent &&
              zk_call_was_sent(to.call, zoo_amulti(to.zh, (int)count, parts,
                                            zk_call_results(to.call), zk_call_multi_done, to.call));
    free(parts);
    return is_sent;
}

static bool port_exists(zk_port *port, uint64_t cookie, const char *path, bool watch)
{
    port_request to;
    return port_prepare(port, cookie, 0, &to) &&
           zk_call_was_sent(to.call, zoo_awexists(to.zh, path, watch ? zk_handle_watcher : NULL,
                                         to.handle, zk_call_looked, to.call));
}

static bool port_children(zk_port *port, uint64_t cookie, const char *path, bool watch)
{
    port_request to;
    return port_prepare(port, cookie, 0, &to) &&
           zk_call_was_sent(
               to.call, zoo_awget_children(to.zh, path, watch ? zk_handle_watcher : NULL, to.handle,
                            zk_call_listed, to.call));
}

static bool port_data(zk_port *port, uint64_t cookie, const char *path, bool watch)
{
    port_request to;
    return port_prepare(port, cookie, 0, &to) &&
           zk_call_was_sent(to.call, zoo_awget(to.zh, path, watch ? zk_handle_watcher : NULL,
                                         to.handle, zk_call_read, to.call));
}

static bool port_probe(zk_port *port)
{
    const zk_client_port *self = port_of(port);
    return zk_probe_start(self->servers, self->mailbox);
}

/* --- life */

static void port_free(zk_port *port)
{
    zk_client_port *self = port_of(port);
    port_close(port);
    zk_mailbox_unref(self->mailbox);
    mutex_fini(&self->lock);
    free(self->servers);
    free(self->credentials);
    free(self);
}

static const zk_port_ops client_port_ops = {
    .open = port_open,
    .close = port_close,
    .create = port_create,
    .remove = port_remove,
    .multi = port_multi,
    .exists = port_exists,
    .children = port_children,
    .data = port_data,
    .probe = port_probe,
    .free = port_free,
};

zk_port *zk_port_new(const char *servers, int64_t timeout_ms, const char *username,
    const char *password, zk_mailbox *mailbox)
{
    zk_client_port *self = MEM_NEW(zk_client_port);
    if (self == NULL)
        return NULL;
    self->base.ops = &client_port_ops;
    mutex_init(&self->lock, MUTEX_RANK_ZK_PORT);
    self->mailbox = zk_mailbox_ref(mailbox);
    self->timeout_ms = (int)timeout_ms;
    self->servers = mem_dup(servers);
    self->credentials =
        username != NULL ? mem_printf("%s:%s", username, password != NULL ? password : "") : NULL;
    if (self->servers == NULL || (username != NULL && self->credentials == NULL)) {
        port_free(&self->base);
        return NULL;
    }
    return &self->base;
}

bool zk_port_session(zk_port *port, int64_t *id, char password[ZK_PASSWORD_BYTES])
{
    zk_client_port *self = port_of(port);
    clientid_t session = {0};
    mutex_lock(&self->lock);
    if (self->current != NULL)
        zk_handle_session(self->current, &session);
    mutex_unlock(&self->lock);
    *id = session.client_id;
    memcpy(password, session.passwd, ZK_PASSWORD_BYTES);
    return session.client_id != 0;
}

const char *zk_code_text(int code)
{
    return zerror(code);
}
