/* See the header. */
#include "tests/registry/server_fixture.h"

#include "registry/zookeeper/zookeeper_registry.h"

registry *open_as(const registry_settings *settings)
{
    registry *opened;
    dubboc_error err;
    assert_status(DUBBOC_OK, registry_open(settings, &opened, &err), &err);
    return opened;
}

registry *open_at(const char *address, int64_t self_check_ms)
{
    return open_as(&(registry_settings){
        .address = address, .timeout_ms = SESSION_MS, .self_check_ms = self_check_ms});
}

registry *open_registry(void)
{
    char address[64];
    snprintf(address, sizeof address, "zookeeper://%s", zookeeper_server_address(shared_zookeeper));
    return open_at(address, 0);
}

void keep_snapshot(void *arg, const registry_snapshot *snapshot)
{
    watched *self = arg;
    if (self->lookup_in != NULL) {
        registry_list list = {0};
        dubboc_error err;
        dubboc_status status = registry_lookup(self->lookup_in, snapshot->interface,
            snapshot->category, deadline_in_ms(5000), &list, &err);
        self->has_looked_up = status == DUBBOC_OK;
        registry_list_free(&list);
    }
    pthread_mutex_lock(&self->lock);
    self->calls++;
    self->count = snapshot->count;
    snprintf(self->first, sizeof self->first, "%s", snapshot->count > 0 ? snapshot->urls[0] : "");
    pthread_mutex_unlock(&self->lock);
}

void keep_data(void *arg, const char *path, const char *data, size_t len)
{
    watched *self = arg;
    assert_string_equal("config/dubbo/rules", path);
    pthread_mutex_lock(&self->lock);
    self->calls++;
    self->has_data = data != NULL;
    snprintf(self->data, sizeof self->data, "%.*s", (int)len, data != NULL ? data : "");
    pthread_mutex_unlock(&self->lock);
}

static bool has_wanted_count(void *arg)
{
    watched *self = arg;
    pthread_mutex_lock(&self->lock);
    bool is_so = self->calls > 0 && self->count == self->wanted;
    pthread_mutex_unlock(&self->lock);
    return is_so;
}

bool has_wanted_data(void *arg)
{
    watched *self = arg;
    pthread_mutex_lock(&self->lock);
    bool is_so =
        self->calls > 0 &&
        (self->wanted_data == NULL ? !self->has_data : strcmp(self->data, self->wanted_data) == 0);
    pthread_mutex_unlock(&self->lock);
    return is_so;
}

void wait_for_count_(watched *self, size_t count, const char *file, int line)
{
    self->wanted = count;
    if (test_wait_for(has_wanted_count, self, LIMIT_MS))
        return;
    print_error("%zu nodes seen in %d calls, expected %zu\n", self->count, self->calls, count);
    _fail(file, line);
}

bool is_connected(void *arg)
{
    return registry_is_connected(arg);
}

bool is_disconnected(void *arg)
{
    return !registry_is_connected(arg);
}

bool is_registered(void *arg)
{
    return registry_is_registered(arg);
}

int64_t session_of(registry *self)
{
    int64_t id = 0;
    char password[16];
    return zookeeper_registry_session(self, &id, password) ? id : 0;
}

registry_registration *register_at(registry *self, const char *url)
{
    registry_registration *made;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, registry_register(self, INTERFACE, REGISTRY_PROVIDERS, url, &made, &err), &err);
    return made;
}

registry_subscription *subscribe_at(registry *self, watched *into)
{
    registry_subscription *made;
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_subscribe(self, INTERFACE, REGISTRY_PROVIDERS, keep_snapshot, into, &made, &err),
        &err);
    return made;
}

bool node_is_ours(void *arg)
{
    seen *self = arg;
    int64_t owner = 0;
    return zookeeper_client_exists(self->client, NODE, &owner) && owner != 0 &&
           owner != self->former && owner == session_of(self->owner);
}

bool node_is_gone(void *arg)
{
    return !zookeeper_client_exists(((seen *)arg)->client, NODE, NULL);
}

int64_t elapsed_ms(int64_t since_ns)
{
    return (clock_now_ns() - since_ns) / NS_PER_MS;
}

void assert_freed_in_time_(registry *self, const char *file, int line)
{
    int64_t since_ns = clock_now_ns();
    registry_free(self);
    if (elapsed_ms(since_ns) <= 2300)
        return;
    print_error("registry_free() took %lld ms\n", (long long)elapsed_ms(since_ns));
    _fail(file, line);
}
