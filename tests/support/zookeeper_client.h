/* ZooKeeper as other programs use it: a plain client with synchronous calls, for tests that act as
 * a Java provider, an administrator or a stranger. Every failure ends the test. */
#ifndef TESTS_SUPPORT_ZOOKEEPER_CLIENT_H
#define TESTS_SUPPORT_ZOOKEEPER_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct zookeeper_client zookeeper_client;

/* Connected. credentials "user:password" or NULL. */
zookeeper_client *zookeeper_client_new(const char *address, const char *credentials);
void zookeeper_client_free(zookeeper_client *self);

/* Makes the node and the directories above it, unless they are there. */
void zookeeper_client_create(
    zookeeper_client *self, const char *path, const char *data, bool ephemeral);
/* The same with an ACL for whoever is authenticated as these credentials are. */
void zookeeper_client_create_private(zookeeper_client *self, const char *path);
void zookeeper_client_set(zookeeper_client *self, const char *path, const char *data);
void zookeeper_client_delete(zookeeper_client *self, const char *path);
void zookeeper_client_delete_children(zookeeper_client *self, const char *path);
/* owner may be NULL */
bool zookeeper_client_exists(zookeeper_client *self, const char *path, int64_t *owner);
/* The transaction that changed the list of its children last. */
int64_t zookeeper_client_last_change(zookeeper_client *self, const char *path);
int zookeeper_client_count(zookeeper_client *self, const char *path); /* children */

/* Ends the session with that id and password, which belongs to somebody else. */
void zookeeper_client_expire(const char *address, int64_t id, const char password[16]);

#endif
