/* A real ZooKeeper server for one test program: on a free port of 127.0.0.1, with its own folder,
 * started by zookeeper-server.sh. Every error, also a missing installation, makes the test fail.
 * The server ends with the test program. */
#ifndef TESTS_SUPPORT_ZOOKEEPER_SERVER_H
#define TESTS_SUPPORT_ZOOKEEPER_SERVER_H

typedef struct zookeeper_server zookeeper_server;

/* Chooses port and folder; starts nothing. */
zookeeper_server *zookeeper_server_new(void);

/* The same on ::1. NULL: this machine has no IPv6. */
zookeeper_server *zookeeper_server_new_v6(void);

/* Ends it and removes its folder. NULL is accepted. */
void zookeeper_server_free(zookeeper_server *self);

/* Starts it, with the data that it has, and waits until it serves. */
void zookeeper_server_start(zookeeper_server *self);

/* SIGKILL; waits until it is gone. Nothing when it does not run. */
void zookeeper_server_kill(zookeeper_server *self);

/* Removes its data; it must not run. */
void zookeeper_server_wipe(zookeeper_server *self);

/* Stops the process, which keeps its connections and is silent, and lets it go on. */
void zookeeper_server_pause(zookeeper_server *self);
void zookeeper_server_resume(zookeeper_server *self);

int zookeeper_server_port(const zookeeper_server *self);

/* "127.0.0.1:2181", "::1:2181" (as the client library wants it); lives as long as the server. */
const char *zookeeper_server_address(const zookeeper_server *self);

/* One server for all tests of a program: cmocka's set-up and tear-down of the group, and the server
 * in between. */
extern zookeeper_server *shared_zookeeper;
int shared_zookeeper_start(void **state);
int shared_zookeeper_free(void **state);

#endif
