/* References and methods are looked up on every call, so they are in tables that are read without a
 * lock (base/grow_table.h). Nothing is removed before the client is freed. */
#include "client/reference.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/config_value.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/own_address.h"
#include "registry/url_match.h"
#include "registry/url_writer.h"

#define REFERENCES_MAX 10000
/* Method names cached for one interface. Their number is limited, because a program that makes up
 * method names must not fill the memory. */
#define REFERENCE_METHODS_MAX 1000
#define INTERFACE_BYTES_MAX 512
/* When a client is freed: how long it waits for the removal of all its consumer nodes together.
 * ZooKeeper removes the remaining ones when the session ends. */
#define UNREGISTER_WAIT_MS 500

/* --- methods */

static const reference_method *reference_find_method(
    const reference *self, uint64_t hash, dubboc_slice name)
{
    for (grow_entry *at = grow_table_first(&self->methods, hash); at != NULL;
         at = grow_entry_next(at))
        if (slice_is(name, GROW_OWNER(at, reference_method, entry)->name))
            return GROW_OWNER(at, reference_method, entry);
    return NULL;
}

/* The value for the method, otherwise for the section. false: neither is set. */
static bool reference_find_setting(const dubboc_client *client, const reference *self,
    const char *method, const char *key, int64_t *value)
{
    if (config_method_int(client->config, self->section, method, key, value))
        return true;
    if (!config_is_set(client->config, self->section, key))
        return false;
    *value = config_int(client->config, self->section, key);
    return true;
}

static method_settings reference_read_method(
    const dubboc_client *client, const reference *self, const char *name)
{
    method_settings read = {.retries = -1, .idempotent = -1};
    int64_t value;
    const char *idempotent = config_text(client->config, self->section, "idempotent");
    if (reference_find_setting(client, self, name, "timeout", &value))
        read.timeout_ms = value < 0 ? DUBBOC_NONE : value;
    if (reference_find_setting(client, self, name, "attempt_timeout", &value))
        read.attempt_timeout_ms = value < 0 ? DUBBOC_NONE : value;
    if (reference_find_setting(client, self, name, "retries", &value))
        read.retries = (int)value;
    if (config_is_set(client->config, self->section, "idempotent"))
        read.idempotent = config_list_has(idempotent, name) || config_list_has(idempotent, "*");
    return read;
}

/* Caches the settings of a method. Without memory nothing is cached, and the configuration is read
 * again at the next call. */
static void reference_remember_method(dubboc_client *client, reference *self, uint64_t hash,
    dubboc_slice name, method_settings settings)
{
    reference_method *added = mem_zeroed(1, sizeof *added + name.len + 1);
    if (added == NULL)
        return;
    added->settings = settings;
    memcpy(added->name, name.at, name.len);
    mutex_lock(&client->lock);
    bool is_new = reference_find_method(self, hash, name) == NULL &&
                  grow_table_add(&self->methods, &added->entry, hash);
    mutex_unlock(&client->lock);
    if (!is_new)
        free(added);
}

method_settings reference_method_settings(
    dubboc_client *client, reference *self, const char *method)
{
    dubboc_slice name = slice_of(method);
    uint64_t hash = hash_add(HASH_START, name);
    const reference_method *known = reference_find_method(self, hash, name);
    if (known != NULL)
        return known->settings;
    method_settings read = reference_read_method(client, self, method);
    if (!grow_table_is_full(&self->methods))
        reference_remember_method(client, self, hash, name, read);
    return read;
}

/* --- the consumer node (docs/wire.md 5.4): information for people and tools; no call needs it */

static char *reference_consumer_url(const dubboc_client *client, const reference *self)
{
    url_writer *writer = url_writer_new("consumer", client->own_address, self->interface);
    if (writer == NULL)
        return NULL;
    url_writer_add(writer, "application", client->application);
    url_writer_add(writer, "category", "consumers");
    url_writer_add(writer, "check", "false");
    url_writer_add(writer, "dubbo", "2.0.2");
    url_writer_add(writer, "group", self->group);
    url_writer_add(writer, "interface", self->interface);
    url_writer_add(writer, "methods", "*");
    url_writer_addf(writer, "pid", "%ld", (long)getpid());
    url_writer_add(writer, "protocol", "jsonrpc");
    url_writer_add(writer, "side", "consumer");
    url_writer_addf(writer, "timestamp", "%lld", (long long)clock_wall_ms());
    url_writer_add(writer, "version", self->version);
    char *url = url_writer_text(writer);
    url_writer_free(writer);
    return url;
}

static void reference_register_node(dubboc_client *client, reference *self)
{
    dubboc_error err;
    registry_registration *node = NULL;
    char *url = reference_consumer_url(client, self);
    dubboc_status status = DUBBOC_E_NO_MEMORY;
    if (url != NULL)
        status = registry_register(
            client->registry, self->interface, REGISTRY_CONSUMERS, url, &node, &err);
    if (status != DUBBOC_OK)
        LOG(DUBBOC_LOG_WARN, "client", "consumer node not registered", "interface=%s reason=\"%s\"",
            self->interface, url == NULL ? "out of memory" : err.text);
    free(url);
    mutex_lock(&client->lock);
    self->consumer_node = status == DUBBOC_OK ? node : NULL;
    mutex_unlock(&client->lock);
}

/* Registers all consumer nodes that are due, if the own address is known. */
static void client_register_nodes(dubboc_client *client)
{
    reference *each = NULL, *next;
    mutex_lock(&client->lock);
    if (client->has_own_address) {
        each = client->unregistered;
        client->unregistered = NULL;
    }
    mutex_unlock(&client->lock);
    for (; each != NULL; each = next) {
        next = each->next_unregistered;
        reference_register_node(client, each);
    }
}

/* Called by the thread of the address search, or by the upkeep thread when no search is needed. */
static void client_take_own_address(void *arg, const char *address)
{
    dubboc_client *client = arg;
    mutex_lock(&client->lock);
    snprintf(client->own_address, sizeof client->own_address, "%s", address);
    client->has_own_address = true;
    mutex_unlock(&client->lock);
    client_register_nodes(client);
}

static void client_seek_own_address(dubboc_client *client)
{
    char address[OWN_ADDRESS_SIZE];
    const char *servers = registry_servers(client->registry);
    client->address_search = own_address_search_start(servers, client_take_own_address, client);
    if (client->address_search != NULL)
        return;
    own_address_known(servers, address);
    client_take_own_address(client, address);
}

void references_register_nodes(void *arg)
{
    dubboc_client *client = arg;
    mutex_lock(&client->lock);
    bool is_due = client->unregistered != NULL;
    bool is_known = client->has_own_address;
    mutex_unlock(&client->lock);
    if (is_due && is_known)
        client_register_nodes(client);
    else if (is_due && client->address_search == NULL)
        client_seek_own_address(client);
}

/* Only queues the registration. The upkeep thread does it, because the first call must not wait for
 * the disk of a file: registry. */
static void reference_want_node(dubboc_client *client, reference *self)
{
    if (!client->registers || client->registry == NULL || self->url[0] != '\0')
        return;
    mutex_lock(&client->lock);
    self->next_unregistered = client->unregistered;
    client->unregistered = self;
    mutex_unlock(&client->lock);
    selector_wake_upkeep(client->selector);
}

/* --- references */

void references_init(dubboc_client *client)
{
    grow_table_init(
        &client->references, client->reference_buckets, REFERENCE_BUCKETS, REFERENCES_MAX);
}

static reference *reference_look_up(
    const dubboc_client *client, uint64_t hash, dubboc_slice interface)
{
    for (grow_entry *at = grow_table_first(&client->references, hash); at != NULL;
         at = grow_entry_next(at))
        if (slice_is(interface, GROW_OWNER(at, reference, entry)->interface))
            return GROW_OWNER(at, reference, entry);
    return NULL;
}

dubboc_status reference_check_interface(dubboc_slice interface, dubboc_error *err)
{
    if (interface.len == 0)
        return error_set(err, DUBBOC_E_ARGUMENT, "the interface's name is empty");
    if (interface.len > INTERFACE_BYTES_MAX)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "the interface's name has %zu bytes, at most %d are possible", interface.len,
            INTERFACE_BYTES_MAX);
    for (size_t i = 0; i < interface.len; i++)
        if ((unsigned char)interface.at[i] <= ' ' || interface.at[i] == '/' ||
            interface.at[i] == 0x7F)
            return error_set(err, DUBBOC_E_ARGUMENT,
                "the interface's name holds a blank, a slash or a control byte at byte %zu", i);
    return DUBBOC_OK;
}

/* Frees a reference. Its consumer node must not be registered any more. */
static void reference_free(reference *self)
{
    for (grow_entry *at = grow_table_take_all(&self->methods), *next; at != NULL; at = next) {
        next = at->next;
        free(GROW_OWNER(at, reference_method, entry));
    }
    free(self->interface);
    free(self->section);
    free(self);
}

static dubboc_status reference_find_directory(
    dubboc_client *client, reference *self, dubboc_error *err)
{
    if (self->url[0] != '\0') {
        dubboc_status status = selector_fixed(client->selector, self->url, &self->directory, err);
        return status == DUBBOC_E_ARGUMENT
                   ? error_prefix(err, DUBBOC_E_CONFIG, "[%s] url", self->section)
                   : status;
    }
    if (client->registry == NULL)
        return error_set(err, DUBBOC_E_NO_PROVIDER,
            "%s: no registry is configured ([registry] address) and [reference %s] has no url",
            self->interface, self->interface);
    url_wanted wanted = {.interface = slice_of(self->interface),
        .group = slice_of(self->group),
        .version = slice_of(self->version)};
    return selector_directory(client->selector, &wanted, &self->directory, err);
}

/* The text of a key if the [reference] section itself sets it, else "". The value that the key
 * inherits from [client] is not used, because dubboc_client_options overrides [client]. */
static const char *reference_own_text(
    const dubboc_client *client, const reference *self, const char *key)
{
    bool is_set = config_is_set(client->config, self->section, key);
    return is_set ? config_text(client->config, self->section, key) : "";
}

static dubboc_status reference_new(
    dubboc_client *client, const char *interface, reference **made, dubboc_error *err)
{
    reference *self = MEM_NEW(reference);
    if (self == NULL)
        return error_no_memory(err);
    grow_table_init(&self->methods, self->method_buckets, METHOD_BUCKETS, REFERENCE_METHODS_MAX);
    self->interface = mem_dup(interface);
    self->section = mem_printf("reference %s", interface);
    if (self->interface == NULL || self->section == NULL) {
        reference_free(self);
        return error_no_memory(err);
    }
    self->group = config_text(client->config, self->section, "group");
    self->version = config_text(client->config, self->section, "version");
    self->url = config_text(client->config, self->section, "url");
    self->load_balance = reference_own_text(client, self, "load_balance");
    self->dialect = dialect_find(config_text(client->config, self->section, "dialect"));
    dubboc_status status = reference_find_directory(client, self, err);
    if (status == DUBBOC_OK && self->load_balance[0] != '\0')
        status = selector_check_policy(self->load_balance, err);
    if (status != DUBBOC_OK) {
        reference_free(self);
        return status;
    }
    *made = self;
    return DUBBOC_OK;
}

/* Returns the reference that is in the table afterwards: self, or the one that another thread added
 * first. NULL: the table is full. */
static reference *reference_add(dubboc_client *client, uint64_t hash, reference *self)
{
    mutex_lock(&client->lock);
    reference *found = reference_look_up(client, hash, slice_of(self->interface));
    if (found == NULL && grow_table_add(&client->references, &self->entry, hash))
        found = self;
    mutex_unlock(&client->lock);
    return found;
}

/* Creates the reference without holding the lock, because that may log and subscribe. */
static dubboc_status reference_make(dubboc_client *client, uint64_t hash, const char *interface,
    reference **found, dubboc_error *err)
{
    dubboc_status status = reference_check_interface(slice_of(interface), err);
    reference *made = NULL;
    if (status == DUBBOC_OK)
        status = reference_new(client, interface, &made, err);
    if (status != DUBBOC_OK)
        return status;
    *found = reference_add(client, hash, made);
    if (*found == made)
        reference_want_node(client, made);
    else
        reference_free(made);
    if (*found == NULL)
        return error_set(err, DUBBOC_E_TOO_BIG,
            "this client uses %d interfaces already, no more are possible", REFERENCES_MAX);
    return DUBBOC_OK;
}

dubboc_status reference_find(
    dubboc_client *client, const char *interface, reference **found, dubboc_error *err)
{
    dubboc_slice name = slice_of(interface);
    uint64_t hash = hash_add(HASH_START, name);
    *found = reference_look_up(client, hash, name);
    return *found != NULL ? DUBBOC_OK : reference_make(client, hash, interface, found, err);
}

void references_free(dubboc_client *client)
{
    own_address_search_cancel(client->address_search);
    int64_t deadline_ns = deadline_in_ms(UNREGISTER_WAIT_MS);
    for (grow_entry *at = grow_table_take_all(&client->references), *next; at != NULL; at = next) {
        reference *self = GROW_OWNER(at, reference, entry);
        next = at->next;
        if (self->consumer_node != NULL)
            registry_unregister(
                client->registry, self->consumer_node, deadline_poll_ms(deadline_ns));
        reference_free(self);
    }
}
