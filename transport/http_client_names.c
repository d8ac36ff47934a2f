#include "transport/http_client_names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/mutex.h"
#include "base/thread.h"

typedef enum names_entry_state {
    NAMES_ENTRY_IDLE, /* The answer, if there is one, is valid until valid_until_ns. */
    NAMES_ENTRY_QUEUED,
    NAMES_ENTRY_ASKED, /* A thread is in getaddrinfo(). */
} names_entry_state;

/* One name. Guarded by the lock, except that host does not change. */
typedef struct names_entry {
    char *host;
    names_entry_state state;
    bool has_failed;
    int64_t valid_until_ns;
    int64_t used_ns;
    waiter_queue queue; /* the waiters for the answer */
    struct names_entry *next_queued;
    char text[NAMES_TEXT_SIZE];
} names_entry;

struct http_client_names {
    atomic_uint references; /* one for the client and one for each thread */
    int64_t ttl_ms;
    mutex lock; /* guards the fields below */
    map *entries;
    names_entry *first_queued, *last_queued;
    int threads;
    bool is_closed;
};

/* --- life --- */

static void names_entry_free(void *of)
{
    names_entry *entry = of;
    free(entry->host);
    free(entry);
}

static void names_unref(http_client_names *self)
{
    if (atomic_fetch_sub(&self->references, 1) > 1)
        return;
    map_free(self->entries, names_entry_free);
    mutex_fini(&self->lock);
    free(self);
}

http_client_names *http_client_names_new(int64_t ttl_ms)
{
    http_client_names *self = MEM_NEW(http_client_names);
    if (self == NULL)
        return NULL;
    atomic_init(&self->references, 1);
    mutex_init(&self->lock, MUTEX_RANK_NAMES);
    self->ttl_ms = ttl_ms;
    self->entries = map_new();
    if (self->entries != NULL)
        return self;
    names_unref(self);
    return NULL;
}

void http_client_names_free(http_client_names *self)
{
    if (self == NULL)
        return;
    mutex_lock(&self->lock);
    self->is_closed = true;
    mutex_unlock(&self->lock);
    names_unref(self);
}

/* --- looking up --- */

/* Appends an address, with a comma if it is not the first. Leaves out an address for which there is
 * no room, and one with a zone, because CURLOPT_RESOLVE does not accept it. Returns the new length.
 */
static size_t names_add_address(char *text, size_t used, const struct sockaddr *address)
{
    char ip[INET6_ADDRSTRLEN];
    const void *bytes = NULL;
    bool is_ipv6 = address->sa_family == AF_INET6;
    if (is_ipv6) {
        const struct sockaddr_in6 *in6 = (const void *)address;
        bytes = in6->sin6_scope_id == 0 ? &in6->sin6_addr : NULL;
    } else if (address->sa_family == AF_INET) {
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    }
    if (bytes == NULL || inet_ntop(address->sa_family, bytes, ip, sizeof ip) == NULL ||
        used + strlen(ip) + strlen(",[]") >= NAMES_TEXT_SIZE)
        return used;
    return used + (size_t)snprintf(text + used, NAMES_TEXT_SIZE - used, "%s%s%s%s",
                      used > 0 ? "," : "", is_ipv6 ? "[" : "", ip, is_ipv6 ? "]" : "");
}

/* Looks the host up; blocks. Writes the addresses to text (true), or the reason why there are none
 * (false). */
static bool names_ask(const char *host, char text[NAMES_TEXT_SIZE])
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    size_t used = 0;
    int problem = getaddrinfo(host, NULL, &hints, &found);
    if (problem != 0) {
        snprintf(text, NAMES_TEXT_SIZE, "%s", gai_strerror(problem));
        return false;
    }
    for (const struct addrinfo *each = found; each != NULL; each = each->ai_next)
        used = names_add_address(text, used, each->ai_addr);
    freeaddrinfo(found);
    if (used == 0)
        snprintf(text, NAMES_TEXT_SIZE, "the name has no address that can be used");
    return used > 0;
}

static names_entry *names_take_queued_locked(http_client_names *self)
{
    names_entry *first = self->first_queued;
    if (first == NULL || self->is_closed)
        return NULL;
    self->first_queued = first->next_queued;
    first->next_queued = NULL;
    first->state = NAMES_ENTRY_ASKED;
    return first;
}

static void names_answer_locked(
    http_client_names *self, names_entry *entry, bool is_found, const char *text)
{
    int64_t kept_ms = is_found ? self->ttl_ms : NAMES_FAILURE_MS;
    entry->state = NAMES_ENTRY_IDLE;
    entry->has_failed = !is_found;
    entry->valid_until_ns = clock_now_ns() + kept_ms * NS_PER_MS;
    snprintf(entry->text, sizeof entry->text, "%s", text);
    waiter_queue_wake_all(&entry->queue);
}

/* An entry whose look-up is running is not freed, so its host may be read without the lock. */
static void *names_run(void *arg)
{
    http_client_names *self = arg;
    char text[NAMES_TEXT_SIZE];
    names_entry *entry;
    mutex_lock(&self->lock);
    while ((entry = names_take_queued_locked(self)) != NULL) {
        mutex_unlock(&self->lock);
        bool is_found = names_ask(entry->host, text);
        mutex_lock(&self->lock);
        names_answer_locked(self, entry, is_found, text);
    }
    self->threads--;
    mutex_unlock(&self->lock);
    names_unref(self);
    return NULL;
}

/* Starts one more thread, unless NAMES_THREADS run already. A failure matters only if no other
 * thread runs, because each running thread goes on until the queue is empty. false: no thread runs;
 * err says why. */
static bool names_start_thread_locked(http_client_names *self, dubboc_error *err)
{
    pthread_t thread;
    if (self->threads == NAMES_THREADS)
        return true;
    atomic_fetch_add(&self->references, 1);
    if (thread_start(&thread, names_run, self, "dubboc-names", err) != DUBBOC_OK) {
        atomic_fetch_sub(&self->references, 1);
        return self->threads > 0;
    }
    pthread_detach(thread);
    self->threads++;
    return true;
}

/* --- entries --- */

typedef struct names_oldest {
    names_entry *entry;
} names_oldest;

static void names_find_oldest(void *arg, const char *host, void *value)
{
    names_oldest *oldest = arg;
    names_entry *entry = value;
    (void)host;
    if (entry->state == NAMES_ENTRY_IDLE && entry->queue.first == NULL &&
        (oldest->entry == NULL || entry->used_ns < oldest->entry->used_ns))
        oldest->entry = entry;
}

static bool names_make_room_locked(http_client_names *self)
{
    names_oldest oldest = {NULL};
    if (map_count(self->entries) < NAMES_MAX)
        return true;
    map_each(self->entries, names_find_oldest, &oldest);
    if (oldest.entry == NULL)
        return false;
    map_remove(self->entries, slice_of(oldest.entry->host));
    names_entry_free(oldest.entry);
    return true;
}

/* Finds the entry of a host, or makes one. NULL: no memory, or NAMES_MAX names are being looked
 * up. */
static names_entry *names_find_locked(http_client_names *self, dubboc_slice host)
{
    names_entry *entry = map_find(self->entries, host);
    if (entry != NULL || !names_make_room_locked(self))
        return entry;
    entry = MEM_NEW(names_entry);
    if (entry == NULL)
        return NULL;
    entry->host = mem_dup_slice(host);
    if (entry->host != NULL && map_put(self->entries, host, entry, NULL))
        return entry;
    names_entry_free(entry);
    return NULL;
}

static void names_queue_locked(http_client_names *self, names_entry *entry)
{
    dubboc_error err;
    entry->state = NAMES_ENTRY_QUEUED;
    *(self->first_queued != NULL ? &self->last_queued->next_queued : &self->first_queued) = entry;
    self->last_queued = entry;
    if (names_start_thread_locked(self, &err))
        return;
    names_take_queued_locked(self);
    names_answer_locked(self, entry, false, err.text);
}

/* --- waiting --- */

static void names_leave_locked(http_client_names_wait *wait)
{
    if (wait->of != NULL)
        waiter_queue_leave(&wait->of->queue, &wait->entry);
    wait->of = NULL;
}

static http_client_names_state names_look_locked(http_client_names *self, dubboc_slice host,
    http_client_names_wait *wait, waiter *of, char text[NAMES_TEXT_SIZE])
{
    int64_t now_ns = clock_now_ns();
    names_entry *entry = wait->of != NULL ? wait->of : names_find_locked(self, host);
    if (entry == NULL) {
        snprintf(text, NAMES_TEXT_SIZE, "%d names are being looked up, or there is no memory",
            NAMES_MAX);
        return NAMES_FAILED;
    }
    bool has_waited = wait->of != NULL && entry->state == NAMES_ENTRY_IDLE;
    entry->used_ns = now_ns;
    if (entry->state == NAMES_ENTRY_IDLE && entry->valid_until_ns <= now_ns && !has_waited)
        names_queue_locked(self, entry);
    if (entry->state != NAMES_ENTRY_IDLE) {
        wait->of = entry;
        waiter_queue_join(&entry->queue, &wait->entry, of);
        return NAMES_PENDING;
    }
    names_leave_locked(wait);
    memcpy(text, entry->text, NAMES_TEXT_SIZE);
    return entry->has_failed ? NAMES_FAILED : NAMES_FOUND;
}

http_client_names_state http_client_names_look(http_client_names *self, dubboc_slice host,
    http_client_names_wait *wait, waiter *of, char text[NAMES_TEXT_SIZE])
{
    mutex_lock(&self->lock);
    http_client_names_state state = names_look_locked(self, host, wait, of, text);
    mutex_unlock(&self->lock);
    return state;
}

void http_client_names_leave(http_client_names *self, http_client_names_wait *wait)
{
    mutex_lock(&self->lock);
    names_leave_locked(wait);
    mutex_unlock(&self->lock);
}
