/* Shared by the tests of the ZooKeeper registry's logic: one directory, one node in it, sessions,
 * and steps that most tests use. */
#ifndef TESTS_REGISTRY_SESSION_FIXTURE_H
#define TESTS_REGISTRY_SESSION_FIXTURE_H

#include "tests/support/test.h"

#include "tests/support/zookeeper_fake.h"

#define DIRECTORY "/dubbo/S/providers"
#define NODE DIRECTORY "/url"
#define OURS 0x111 /* ids of sessions */
#define OTHERS 0x222
#define NEXT 0x333

#define assert_nothing_asked(fake) assert_int_equal(0, (fake)->request_count)
#define assert_state(fake, name) assert_string_equal(name, zk_session_state_name((fake)->session))
#define assert_stands(node) assert_true(atomic_load(&(node).stands))
#define assert_stands_not(node) assert_false(atomic_load(&(node).stands))

/* The state of a test is a fake: connected with CONNECTED, not used yet with FRESH. */
#define CONNECTED(test) cmocka_unit_test_setup_teardown(test, fixture_connect, fixture_free)
#define FRESH(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_free)
int fixture_begin(void **state);
int fixture_connect(void **state);
int fixture_free(void **state);
/* replaces the fake by a new connected one, for tests with several rounds */
fake *fixture_anew(void **state);

/* Each function expects the request in its name for NODE or DIRECTORY, and answers it. */
void node_is_created(fake *self, zk_answer answer);
void node_is_found(fake *self, int64_t owner);
void node_is_missed(fake *self);
void node_is_deleted(fake *self, zk_answer answer);
void list_is_read(fake *self, const char *names);
/* expects and answers the creation of each of the three levels of DIRECTORY */
void directory_is_made(fake *self, zk_answer first, zk_answer second, zk_answer third);

/* Steps for the fake's own node and subscriber: */
void register_node(fake *self);
void register_standing(fake *self); /* registers the node and lets ZooKeeper create it */
void unregister_own(fake *self);
void subscribe(fake *self);
void subscribe_read(fake *self, const char *names); /* subscribes and answers the first reading */

void lose_connection(fake *self);

#endif
