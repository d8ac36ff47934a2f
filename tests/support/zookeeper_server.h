/* A real ZooKeeper server for one test program, on a free port of 127.0.0.1 and with its own
 * folder. zookeeper-server.sh starts it. Every error, including a missing installation, fails the
 * test. The server ends with the test program. */
#ifndef TESTS_SUPPORT_ZOOKEEPER_SERVER_H
#define TESTS_SUPPORT_ZOOKEEPER_SERVER_H

typedef struct zookeeper_server zookeeper_server;

/* Chooses the port and the folder. Does not start the server. */
zookeeper_server *zookeeper_server_new(void);

/* Like zookeeper_server_new(), but on ::1. Returns NULL if this machine has no IPv6. */
zookeeper_server *zookeeper_server_new_v6(void);

/* Ends the server and removes its folder. NULL is accepted. */
void zookeeper_server_free(zookeeper_server *self);

/* Starts the server with its existing data, and waits until it accepts sessions. */
void zookeeper_server_start(zookeeper_server *self);

/* Sends SIGKILL and waits until the server has ended. No-op if the server is not running. */
void zookeeper_server_kill(zookeeper_server *self);

/* Removes the server's data. The server must not be running. */
void zookeeper_server_wipe(zookeeper_server *self);

/* pause stops the process: it keeps its connections, but does not answer. resume lets it
 * continue. */
void zookeeper_server_pause(zookeeper_server *self);
void zookeeper_server_resume(zookeeper_server *self);

int zookeeper_server_port(const zookeeper_server *self);

/* Returns "127.0.0.1:2181" or "::1:2181", the form that the client library expects. The text lives
 * as long as the server. */
const char *zookeeper_server_address(const zookeeper_server *self);

/* One server for all tests of a program, and the set-up and tear-down of cmocka's test group for
 * it. */
extern zookeeper_server *shared_zookeeper;
int shared_zookeeper_start(void **state);
int shared_zookeeper_free(void **state);

#endif
