/* The actor: the only thread that uses the session (session.h). Other threads put commands into its
 * mailbox. */
#ifndef REGISTRY_ZOOKEEPER_ACTOR_H
#define REGISTRY_ZOOKEEPER_ACTOR_H

#include <pthread.h>

#include "base/mutex.h"
#include "registry/registry_types.h"
#include "registry/zookeeper/session.h"

typedef struct zk_actor {
    zk_mailbox *mailbox;
    zk_port *port;
    zk_session *session; /* used only by the thread while it runs */
    pthread_t thread;
    /* The command that ends the thread; a part of the actor, so that stopping needs no memory. */
    zk_event stop;
    mutex trouble_lock;
    /* Guarded by trouble_lock: why the registry is not connected, copied for other threads. */
    char trouble[REGISTRY_TROUBLE_SIZE];
} zk_actor;

typedef struct zk_actor_settings {
    const char *servers;
    const char *username; /* NULL: none */
    const char *password;
    zk_session_settings session;
} zk_actor_settings;

/* Creates the session, which calls the functions of out on the thread. self must be zeroed.
 * DUBBOC_E_NO_MEMORY. zk_actor_close() must be called even on failure. */
dubboc_status zk_actor_open(zk_actor *self, const zk_actor_settings *settings,
    const zk_session_out *out, void *out_arg, dubboc_error *err);

/* Starts the thread. DUBBOC_E_SYSTEM: no thread. DUBBOC_E_NO_MEMORY. */
dubboc_status zk_actor_start(zk_actor *self, dubboc_error *err);

/* Removes all registered nodes and ends the thread; blocks at most 2 s for that. */
void zk_actor_stop(zk_actor *self);

/* Frees the session, which returns all objects that it borrowed. The thread must not be running. */
void zk_actor_close(zk_actor *self);

/* Makes the session handle a command. event is a part of object and must not be used until it has
 * been handled. Any thread. DUBBOC_E_CLOSED: the registry is being freed, and the command will not
 * be handled. */
dubboc_status zk_actor_post(
    zk_actor *self, zk_event *event, zk_event_kind kind, void *object, dubboc_error *err);

/* Like zk_session_trouble(), but copies the text. Any thread. */
void zk_actor_trouble(zk_actor *self, char text[REGISTRY_TROUBLE_SIZE]);

/* Like registry_seek_trouble(). To be called only if the registry is not connected. Any thread. */
void zk_actor_seek_trouble(zk_actor *self, int64_t deadline_ns);

#endif
