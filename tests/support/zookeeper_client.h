/* A plain ZooKeeper client with synchronous calls, for tests that act as another program: a Java
 * provider, an administrator or a stranger. Every failure ends the test. */
#ifndef TESTS_SUPPORT_ZOOKEEPER_CLIENT_H
#define TESTS_SUPPORT_ZOOKEEPER_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct zookeeper_client zookeeper_client;

/* Returns a connected client. credentials: "user:password" or NULL. */
zookeeper_client *zookeeper_client_new(const char *address, const char *credentials);
void zookeeper_client_free(zookeeper_client *self);

/* Creates the node and its parent nodes, unless they exist. */
void zookeeper_client_create(
    zookeeper_client *self, const char *path, const char *data, bool ephemeral);
/* Creates the node with an ACL that admits only clients with the credentials of self. */
void zookeeper_client_create_private(zookeeper_client *self, const char *path);
void zookeeper_client_set(zookeeper_client *self, const char *path, const char *data);
void zookeeper_client_delete(zookeeper_client *self, const char *path);
void zookeeper_client_delete_children(zookeeper_client *self, const char *path);
/* owner may be NULL */
bool zookeeper_client_exists(zookeeper_client *self, const char *path, int64_t *owner);
/* Returns the id of the transaction that last changed the node's list of children. */
int64_t zookeeper_client_last_change(zookeeper_client *self, const char *path);
int zookeeper_client_count(zookeeper_client *self, const char *path); /* counts children */

/* Ends a session of another client, which has that id and password. */
void zookeeper_client_expire(const char *address, int64_t id, const char password[16]);

#endif
