#include "tests/support/zookeeper_client.h"

#include "tests/support/test.h"

#define THREADED 1
#include <zookeeper/zookeeper.h>

struct zookeeper_client {
    zhandle_t *zh;
};

static void check(int code, const char *what, const char *path)
{
    if (code == ZOK)
        return;
    print_error("zookeeper client of the test: %s %s: %s\n", what, path, zerror(code));
    _fail(__FILE__, __LINE__);
}

static void say_nothing(const char *message)
{
    (void)message;
}

static void ignore_event(zhandle_t *zh, int type, int state, const char *path, void *context)
{
    (void)zh;
    (void)type;
    (void)state;
    (void)path;
    (void)context;
}

static bool is_connected(void *arg)
{
    return zoo_state(arg) == ZOO_CONNECTED_STATE;
}

static zhandle_t *open_handle(const char *address)
{
    zhandle_t *zh = zookeeper_init2(
        address, ignore_event, 10000, NULL, NULL, ZOO_NO_LOG_CLIENTENV, say_nothing);
    assert_non_null(zh);
    assert_true(test_wait_for(is_connected, zh, 20000));
    return zh;
}

static void ignore_auth(int code, const void *data)
{
    (void)code;
    (void)data;
}

zookeeper_client *zookeeper_client_new(const char *address, const char *credentials)
{
    zookeeper_client *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->zh = open_handle(address);
    if (credentials != NULL)
        check(zoo_add_auth(
                  self->zh, "digest", credentials, (int)strlen(credentials), ignore_auth, NULL),
            "auth", credentials);
    return self;
}

void zookeeper_client_free(zookeeper_client *self)
{
    zookeeper_close(self->zh);
    free(self);
}

static void create(zookeeper_client *self, const char *path, const char *data,
    const struct ACL_vector *acl, int mode)
{
    char level[4096];
    snprintf(level, sizeof level, "%s", path);
    for (char *slash = strchr(level + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int code =
            zoo_create(self->zh, level, "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT, NULL, 0);
        check(code == ZNODEEXISTS ? ZOK : code, "create", level);
        *slash = '/';
    }
    int code = zoo_create(self->zh, path, data, (int)strlen(data), acl, mode, NULL, 0);
    check(code == ZNODEEXISTS ? ZOK : code, "create", path);
}

void zookeeper_client_create(
    zookeeper_client *self, const char *path, const char *data, bool ephemeral)
{
    create(self, path, data, &ZOO_OPEN_ACL_UNSAFE, ephemeral ? ZOO_EPHEMERAL : ZOO_PERSISTENT);
}

void zookeeper_client_create_private(zookeeper_client *self, const char *path)
{
    create(self, path, "", &ZOO_CREATOR_ALL_ACL, ZOO_PERSISTENT);
}

void zookeeper_client_set(zookeeper_client *self, const char *path, const char *data)
{
    check(zoo_set(self->zh, path, data, (int)strlen(data), -1), "set", path);
}

void zookeeper_client_delete(zookeeper_client *self, const char *path)
{
    check(zoo_delete(self->zh, path, -1), "delete", path);
}

void zookeeper_client_delete_children(zookeeper_client *self, const char *path)
{
    struct String_vector names = {0};
    char child[4096];
    check(zoo_get_children(self->zh, path, 0, &names), "children", path);
    for (int i = 0; i < names.count; i++) {
        snprintf(child, sizeof child, "%s/%s", path, names.data[i]);
        zookeeper_client_delete(self, child);
    }
    deallocate_String_vector(&names);
}

bool zookeeper_client_exists(zookeeper_client *self, const char *path, int64_t *owner)
{
    struct Stat stat;
    int code = zoo_exists(self->zh, path, 0, &stat);
    check(code == ZNONODE ? ZOK : code, "exists", path);
    if (code == ZOK && owner != NULL)
        *owner = stat.ephemeralOwner;
    return code == ZOK;
}

int64_t zookeeper_client_last_change(zookeeper_client *self, const char *path)
{
    struct Stat stat;
    check(zoo_exists(self->zh, path, 0, &stat), "exists", path);
    return stat.pzxid;
}

int zookeeper_client_count(zookeeper_client *self, const char *path)
{
    struct String_vector names = {0};
    int code = zoo_get_children(self->zh, path, 0, &names);
    check(code == ZNONODE ? ZOK : code, "children", path);
    int count = code == ZOK ? names.count : 0;
    deallocate_String_vector(&names);
    return count;
}

static bool is_decided(void *arg)
{
    return is_connected(arg) || zoo_state(arg) == ZOO_EXPIRED_SESSION_STATE;
}

/* Connecting with another client's session takes the session away from that client. The client
 * reconnects at once, though, and may take the session back before the server reads our close. The
 * loop repeats this until the server reports the session as expired. */
void zookeeper_client_expire(const char *address, int64_t id, const char password[16])
{
    clientid_t session = {.client_id = id};
    memcpy(session.passwd, password, sizeof session.passwd);
    for (bool is_gone = false; !is_gone;) {
        zhandle_t *zh = zookeeper_init2(
            address, ignore_event, 10000, &session, NULL, ZOO_NO_LOG_CLIENTENV, say_nothing);
        assert_non_null(zh);
        assert_true(test_wait_for(is_decided, zh, 20000));
        is_gone = zoo_state(zh) == ZOO_EXPIRED_SESSION_STATE;
        zookeeper_close(zh);
    }
}
