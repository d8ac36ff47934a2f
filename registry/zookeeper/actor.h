/* The thread that alone touches the session (session.h). Callers on other threads put commands into
 * its mailbox. */
#ifndef REGISTRY_ZOOKEEPER_ACTOR_H
#define REGISTRY_ZOOKEEPER_ACTOR_H

#include <pthread.h>

#include "base/mutex.h"
#include "registry/registry_types.h"
#include "registry/zookeeper/session.h"

typedef struct zk_actor {
    zk_mailbox *mailbox;
    zk_port *port;
    zk_session *session; /* the thread's, while it runs */
    pthread_t thread;
    zk_event stop;
    mutex trouble_lock;
    /* Under trouble_lock: */
    char trouble[REGISTRY_TROUBLE_SIZE];
} zk_actor;

typedef struct zk_actor_settings {
    const char *servers;
    const char *username; /* NULL: none */
    const char *password;
    zk_session_settings session;
} zk_actor_settings;

/* Makes the session, which tells out on the thread. self is zeroed. DUBBOC_E_NO_MEMORY:
 * zk_actor_close() is called then, too. */
dubboc_status zk_actor_open(zk_actor *self, const zk_actor_settings *settings,
    const zk_session_out *out, void *out_arg, dubboc_error *err);

/* DUBBOC_E_SYSTEM: no thread. DUBBOC_E_NO_MEMORY. */
dubboc_status zk_actor_start(zk_actor *self, dubboc_error *err);

/* Takes back what is registered and ends the thread; blocks at most 2 s for it. */
void zk_actor_stop(zk_actor *self);

/* Frees the session and gives everything that is lent to it back. The thread does not run. */
void zk_actor_close(zk_actor *self);

/* Has the session handle a command. event is a part of object and stays the caller's until it is
 * handled. Any thread. DUBBOC_E_CLOSED: the registry is being freed, and nobody will handle it. */
dubboc_status zk_actor_post(
    zk_actor *self, zk_event *event, zk_event_kind kind, void *object, dubboc_error *err);

/* As zk_session_trouble(). Any thread. */
void zk_actor_trouble(zk_actor *self, char text[REGISTRY_TROUBLE_SIZE]);

/* As registry_seek_trouble(), while it is not connected. Any thread. */
void zk_actor_seek_trouble(zk_actor *self, int64_t deadline_ns);

#endif
