/* Runs the ZooKeeper registry's logic with a model of ZooKeeper, in random orders of all possible
 * events: requests that are carried out late or whose answers are lost, lost connections, expired
 * sessions, wiped servers, other clients that delete and create nodes, and a program that registers
 * and subscribes. All nodes have one identity, and half of the program's registrations remove
 * leftovers of it. After the events end, the tree must hold the wanted nodes, and every subscriber
 * must have the present list.
 *
 * MODEL_SEED runs only the order of that seed, MODEL_ROUNDS sets the number of orders. */
#include "tests/support/test.h"

#include "base/clock.h"
#include "base/mem.h"
#include "tests/support/zookeeper_fake.h"

#define NODES 6 /* the most nodes that the program registers at a time */
#define PATHS 4 /* different names of nodes in a directory */
#define NAME "jsonrpc%%3A%%2F%%2Fh%%3A1%%2FS%%3Fn%%3D"
#define IDENTITY "h:1/S?&"
#define SUBSCRIBERS 4
#define DIRECTORIES 2
#define STEPS 150

/* --- the model of the server: directories, and a few nodes in each */

typedef struct model_node {
    bool exists;
    int64_t owner;
} model_node;

typedef struct model {
    fake *fake;
    uint64_t random;
    uint64_t seed;
    bool interfaces[DIRECTORIES]; /* whether the parent of each directory exists */
    bool directories[DIRECTORIES];
    bool watched_interfaces[DIRECTORIES];
    bool watched[DIRECTORIES];
    model_node nodes[DIRECTORIES][PATHS];
    int64_t session; /* id of the client's session; 0: no session */
    int64_t next_session;
    bool is_up; /* the client is connected */
    /* the server was wiped, so it is older than the client and refuses the client's handle */
    bool knows_wiped;
    int closes_told;
    zk_node registered[NODES];
    int registered_at[NODES]; /* directory * PATHS + path; -1: not registered */
    bool is_wanted[NODES];
    zk_subscriber subscribers[SUBSCRIBERS];
    int subscribed_to[SUBSCRIBERS]; /* directory; -1: not subscribed */
} model;

static uint64_t below(model *self, uint64_t limit)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return (self->random >> 11) % limit;
}

static void directory_path(char *out, size_t size, int directory)
{
    snprintf(out, size, "/i%d/d%d", directory, directory);
}

static void node_path(char *out, size_t size, int directory, int path)
{
    snprintf(out, size, "/i%d/d%d/" NAME "%d", directory, directory, path);
}

static void fire(model *self, int directory)
{
    char path[32];
    if (!self->watched[directory] || !self->is_up)
        return; /* not needed: the client reads everything again when it reconnects */
    self->watched[directory] = false;
    directory_path(path, sizeof path, directory);
    fake_change(self->fake, path);
}

static void fire_interface(model *self, int directory)
{
    char path[32];
    if (!self->watched_interfaces[directory] || !self->is_up)
        return;
    self->watched_interfaces[directory] = false;
    snprintf(path, sizeof path, "/i%d", directory);
    fake_change(self->fake, path);
}

static void set_node(model *self, int directory, int path, bool exists, int64_t owner)
{
    self->nodes[directory][path] = (model_node){exists, exists ? owner : 0};
    fire(self, directory);
}

static void end_session(model *self, int64_t session)
{
    for (int directory = 0; directory < DIRECTORIES; directory++)
        for (int path = 0; path < PATHS; path++)
            if (self->nodes[directory][path].exists &&
                self->nodes[directory][path].owner == session)
                set_node(self, directory, path, false, 0);
}

static void list_directory(model *self, fake_request request, int directory)
{
    char names[PATHS * 64] = "";
    for (int path = 0; path < PATHS; path++)
        if (self->nodes[directory][path].exists)
            snprintf(names + strlen(names), sizeof names - strlen(names), NAME "%d ", path);
    self->watched[directory] = self->watched[directory] || request.watch;
    fake_answer_list(self->fake, request, names);
}

/* Creates the folder /i or the directory /i/d. */
static zk_answer create_level(model *self, int directory, bool is_interface)
{
    bool *level = is_interface ? &self->interfaces[directory] : &self->directories[directory];
    if (!is_interface && !self->interfaces[directory])
        return ZK_NO_NODE;
    if (*level)
        return ZK_EXISTS;
    *level = true;
    if (is_interface)
        fire_interface(self, directory);
    else
        fire(self, directory);
    return ZK_OK;
}

static zk_answer level_exists(
    model *self, fake_request request, int directory, bool is_interface, bool is_lost)
{
    bool *watched = is_interface ? &self->watched_interfaces[directory] : &self->watched[directory];
    if (request.watch && !is_lost)
        *watched = true;
    bool exists = is_interface ? self->interfaces[directory] : self->directories[directory];
    return exists ? ZK_OK : ZK_NO_NODE;
}

static zk_answer create_node(model *self, int directory, int path)
{
    if (!self->directories[directory])
        return ZK_NO_NODE;
    if (self->nodes[directory][path].exists)
        return ZK_EXISTS;
    set_node(self, directory, path, true, self->session);
    return ZK_OK;
}

static zk_answer remove_node(model *self, int directory, int path)
{
    if (!self->nodes[directory][path].exists)
        return ZK_NO_NODE;
    set_node(self, directory, path, false, 0);
    return ZK_OK;
}

static model_node *node_at(model *self, const char *path, int *directory, int *at)
{
    int same;
    *directory = *at = -1;
    sscanf(path, "/i%d/d%d/" NAME "%d", directory, &same, at);
    return *at >= 0 ? &self->nodes[*directory][*at] : NULL;
}

/* Returns the error of one operation of a transaction, or ZK_OK if it can be carried out. */
static zk_answer op_fault(const model *self, bool is_create, int directory, const model_node *node)
{
    if (!is_create)
        return node->exists ? ZK_OK : ZK_NO_NODE;
    if (!self->directories[directory])
        return ZK_NO_NODE;
    return node->exists ? ZK_EXISTS : ZK_OK;
}

/* Carries out all operations of a transaction, or none. */
static void serve_multi(model *self, const fake_request *request, bool is_lost)
{
    int directory, path;
    for (size_t i = 0; i < request->op_count; i++) {
        model_node *node = node_at(self, request->ops[i].path, &directory, &path);
        zk_answer fault = op_fault(self, request->ops[i].is_create, directory, node);
        if (fault != ZK_OK) {
            fake_answer_failed_at(
                self->fake, *request, is_lost ? ZK_LOST : fault, is_lost ? ZK_NO_OP : i);
            return;
        }
    }
    for (size_t i = 0; i < request->op_count; i++) {
        node_at(self, request->ops[i].path, &directory, &path);
        set_node(self, directory, path, request->ops[i].is_create, self->session);
    }
    fake_answer(self->fake, *request, is_lost ? ZK_LOST : ZK_OK);
}

/* Carries out the oldest request. If is_lost, its answer is lost. Handling the answer may add
 * requests. */
static void serve(model *self, bool is_lost)
{
    fake *client = self->fake;
    int directory = -1, path = -1, same;
    fake_request request = client->requests[0];
    client->request_count--;
    memmove(
        client->requests, client->requests + 1, client->request_count * sizeof client->requests[0]);
    if (request.generation != client->generation)
        return;
    if (request.kind == FAKE_MULTI) {
        serve_multi(self, &request, is_lost);
        return;
    }
    bool is_interface = sscanf(request.path, "/i%d/d%d/" NAME "%d", &directory, &same, &path) == 1;
    if (request.kind == FAKE_CHILDREN && !is_lost && self->directories[directory]) {
        list_directory(self, request, directory);
        return;
    }
    zk_answer answer = ZK_NO_NODE;
    int64_t owner = 0;
    if (request.kind == FAKE_CREATE)
        answer = create_level(self, directory, is_interface);
    else if (request.kind == FAKE_EXISTS && path < 0)
        answer = level_exists(self, request, directory, is_interface, is_lost);
    else if (request.kind == FAKE_EXISTS) {
        answer = self->nodes[directory][path].exists ? ZK_OK : ZK_NO_NODE;
        owner = self->nodes[directory][path].owner;
    } else if (request.kind == FAKE_REMOVE)
        answer = remove_node(self, directory, path);
    else if (request.kind == FAKE_CREATE_EPHEMERAL)
        answer = create_node(self, directory, path);
    if (is_lost)
        fake_answer(client, request, ZK_LOST);
    else if (answer == ZK_OK && request.kind == FAKE_EXISTS)
        fake_answer_owner(client, request, owner);
    else
        fake_answer(client, request, answer);
}

/* --- events */

static void lose_connection(model *self)
{
    if (!self->is_up)
        return;
    self->is_up = false;
    fake_session(self->fake, ZK_SESSION_DOWN, self->session, 1000);
    /* a random part of the requests is carried out, but all answers are lost */
    while (self->fake->request_count > 0)
        if (below(self, 2) == 0) {
            serve(self, true);
        } else {
            fake_request request = self->fake->requests[0];
            self->fake->request_count--;
            memmove(self->fake->requests, self->fake->requests + 1,
                self->fake->request_count * sizeof self->fake->requests[0]);
            fake_answer(self->fake, request, ZK_LOST);
        }
    memset(self->watched, 0, sizeof self->watched);
    memset(self->watched_interfaces, 0, sizeof self->watched_interfaces);
}

static void expire(model *self)
{
    if (self->session == 0)
        return;
    lose_connection(self);
    end_session(self, self->session);
    int64_t former = self->session;
    self->session = 0;
    self->fake->request_count = 0;
    if (!self->knows_wiped)
        fake_session(self->fake, ZK_SESSION_EXPIRED, former, 1000);
}

/* If the client has opened a new handle, the new handle has no session and no connection yet. */
static void note_new_handle(model *self, uint64_t *generation)
{
    if (self->fake->generation == *generation)
        return;
    *generation = self->fake->generation;
    self->is_up = false;
    self->knows_wiped = false;
    self->fake->request_count = 0;
    memset(self->watched, 0, sizeof self->watched);
    memset(self->watched_interfaces, 0, sizeof self->watched_interfaces);
    if (self->session != 0 && below(self, 2) == 0)
        end_session(self, self->session); /* else the nodes of the old session remain for a while */
    self->session = 0;
    for (; self->closes_told < self->fake->closes; self->closes_told++)
        fake_closed(self->fake);
}

static void connect_or_reconnect(model *self)
{
    if (self->is_up || self->knows_wiped || self->fake->generation == 0)
        return;
    self->is_up = true;
    if (self->session == 0)
        self->session = self->next_session++;
    fake_session(self->fake, ZK_SESSION_UP, self->session, 1000);
}

static void wipe(model *self)
{
    lose_connection(self);
    memset(self->nodes, 0, sizeof self->nodes);
    memset(self->directories, 0, sizeof self->directories);
    memset(self->interfaces, 0, sizeof self->interfaces);
    self->knows_wiped = self->knows_wiped || self->session != 0;
}

static void meddle(model *self)
{
    int directory = (int)below(self, DIRECTORIES), path = (int)below(self, PATHS);
    if (!self->directories[directory]) {
        /* another client creates the directory, one level per event */
        create_level(self, directory, !self->interfaces[directory]);
        return;
    }
    bool exists = self->nodes[directory][path].exists;
    set_node(self, directory, path, !exists, 7); /* 7: the session of another client */
}

/* Registrations of consumers do not create the directory of their interface. */
static bool is_consumer(int which)
{
    return which % 3 == 2;
}

/* Registers two or three unused nodes together. Their directories are random, and some have the
 * same name. */
static void register_together(model *self)
{
    zk_node *nodes[3];
    const char *paths[3];
    char texts[3][64];
    size_t count = 0;
    for (int i = 0; i < NODES && count < 3; i++) {
        if (self->registered_at[i] >= 0 || is_consumer(i))
            continue;
        int directory = (int)below(self, DIRECTORIES), path = (int)below(self, PATHS);
        self->registered_at[i] = directory * PATHS + path;
        self->is_wanted[i] = true;
        node_path(texts[count], sizeof texts[count], directory, path);
        nodes[count] = &self->registered[i];
        paths[count] = texts[count];
        count++;
    }
    if (count > 0)
        fake_register_together(self->fake, nodes, paths, count);
}

static void unregister_together(model *self)
{
    zk_node *nodes[NODES];
    size_t count = 0;
    for (int i = 0; i < NODES; i++)
        if (self->registered_at[i] >= 0 && self->is_wanted[i]) {
            self->is_wanted[i] = false;
            nodes[count++] = &self->registered[i];
        }
    if (count > 0)
        fake_unregister_together(self->fake, nodes, count);
}

static void program_acts(model *self)
{
    switch (below(self, 8)) {
    case 0:
        register_together(self);
        return;
    case 1:
        unregister_together(self);
        return;
    default:
        break;
    }
    char text[64];
    int which = (int)below(self, NODES), directory = (int)below(self, DIRECTORIES),
        path = (int)below(self, PATHS);
    if (self->registered_at[which] < 0) {
        self->registered_at[which] = directory * PATHS + path;
        self->is_wanted[which] = true;
        node_path(text, sizeof text, directory, path);
        if (is_consumer(which))
            fake_register_consumer(self->fake, &self->registered[which], text);
        else if (which % 2 == 0)
            fake_register(self->fake, &self->registered[which], text);
        else
            fake_register_alone(self->fake, &self->registered[which], text, IDENTITY);
    } else if (self->is_wanted[which]) {
        self->is_wanted[which] = false;
        fake_command(self->fake, ZK_EVENT_UNREGISTER, &self->registered[which]);
    }
    int who = (int)below(self, SUBSCRIBERS);
    if (self->subscribed_to[who] < 0 && below(self, 2) == 0) {
        self->subscribed_to[who] = directory;
        directory_path(text, sizeof text, directory);
        fake_subscribe(self->fake, &self->subscribers[who], text, false);
    } else if (self->subscribed_to[who] >= 0) {
        bool ends = below(self, 3) == 0;
        fake_command(
            self->fake, ends ? ZK_EVENT_UNSUBSCRIBE : ZK_EVENT_REFRESH, &self->subscribers[who]);
        if (ends)
            self->subscribed_to[who] = -1;
    }
}

static void step(model *self)
{
    static const int pauses_ms[] = {0, 1, 30, 60, 300, 1000, 2500, 11000};
    switch (below(self, 16)) {
    case 0:
        lose_connection(self);
        break;
    case 1:
        expire(self);
        break;
    case 2:
        if (below(self, 4) == 0)
            wipe(self);
        break;
    case 3:
        meddle(self);
        break;
    case 4:
    case 5:
        program_acts(self);
        break;
    case 6:
        fake_pass_ms(self->fake, pauses_ms[below(self, sizeof pauses_ms / sizeof pauses_ms[0])]);
        break;
    case 7:
    case 8:
        connect_or_reconnect(self);
        break;
    default:
        if (self->is_up && self->fake->request_count > 0)
            serve(self, false);
        break;
    }
}

/* --- checks */

/* Marks nodes that the session has given back as unused. Such a node has no path. */
static void reap(model *self)
{
    for (int i = 0; i < NODES; i++)
        if (self->registered_at[i] >= 0 && self->registered[i].path == NULL) {
            assert_false(self->is_wanted[i]);
            self->registered_at[i] = -1;
        }
}

static void check_step(model *self)
{
    assert_true(self->fake->is_connected == (self->is_up && self->fake->generation != 0));
    for (int i = 0; i < NODES; i++)
        if (self->registered_at[i] >= 0 && self->session == 0 && !self->knows_wiped)
            assert_false(atomic_load(&self->registered[i].stands));
}

static bool may_stand(const model *self, int which)
{
    return !is_consumer(which) || self->interfaces[self->registered_at[which] / PATHS];
}

static bool is_wanted_at(const model *self, int at)
{
    for (int i = 0; i < NODES; i++)
        if (self->registered_at[i] == at && self->is_wanted[i] && may_stand(self, i))
            return true;
    return false;
}

static void check_calm(model *self)
{
    for (int i = 0; i < NODES; i++) {
        if (self->registered_at[i] < 0)
            continue;
        bool stands = atomic_load(&self->registered[i].stands);
        if (stands != may_stand(self, i) || !self->is_wanted[i])
            print_error("registration %d of %s: phase %u, %s, state %s, session %lld\n", i,
                self->registered[i].path, self->registered[i].task.phase,
                self->is_wanted[i] ? "wanted" : "unregistered",
                zk_session_state_name(self->fake->session), (long long)self->session);
        assert_true(self->is_wanted[i]); /* a node that is not wanted must be gone by now */
        assert_true(stands == may_stand(self, i));
    }
    for (int at = 0; at < DIRECTORIES * PATHS; at++) {
        const model_node *node = &self->nodes[at / PATHS][at % PATHS];
        bool is_ours = node->exists && node->owner == self->session;
        if (is_ours != is_wanted_at(self, at))
            print_error("node /d%d/n%d: %s, %s\n", at / PATHS, at % PATHS,
                is_ours ? "ours" : "not ours", is_wanted_at(self, at) ? "wanted" : "not wanted");
        assert_true(is_ours == is_wanted_at(self, at));
    }
    for (int directory = 0; directory < DIRECTORIES; directory++)
        for (int who = 0; who < SUBSCRIBERS; who++)
            if (self->subscribed_to[who] == directory)
                assert_true(self->watched[directory]);
}

/* Checks that the last list of each subscriber is the present one, so that a refresh would change
 * nothing. */
static void check_readings(model *self)
{
    for (int who = 0; who < SUBSCRIBERS; who++) {
        if (self->subscribed_to[who] < 0)
            continue;
        const zk_reading *reading = fake_reading_of(self->fake, &self->subscribers[who]);
        size_t expected = 0;
        for (int path = 0; path < PATHS; path++)
            expected += self->nodes[self->subscribed_to[who]][path].exists;
        assert_non_null(reading);
        assert_int_equal(expected, reading->list.count);
    }
}

/* Keeps the client connected, and gives it time to finish all its work. The self check finds what
 * other clients have changed. */
static void calm_down(model *self, uint64_t *generation)
{
    for (int i = 0; i < 4000; i++) {
        connect_or_reconnect(self);
        note_new_handle(self, generation);
        if (self->is_up && self->fake->request_count > 0)
            serve(self, false);
        else
            fake_pass_ms(self->fake, 50);
        note_new_handle(self, generation);
        reap(self);
    }
}

static void run_order(uint64_t seed)
{
    model self = {.fake = fake_new(1000, 30000),
        .random = seed * 2654435761u + 88172645463325252u,
        .seed = seed,
        .next_session = 100};
    uint64_t generation = 0;
    for (int i = 0; i < NODES; i++)
        self.registered_at[i] = -1;
    for (int i = 0; i < SUBSCRIBERS; i++)
        self.subscribed_to[i] = -1;
    fake_pass_ms(self.fake, 0);
    for (int i = 0; i < STEPS; i++) {
        note_new_handle(&self, &generation);
        step(&self);
        note_new_handle(&self, &generation);
        reap(&self);
        check_step(&self);
    }
    calm_down(&self, &generation);
    check_calm(&self);
    check_readings(&self);
    fake_free(self.fake);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static uint64_t current_seed;

static int tell_seed(void **state)
{
    (void)state;
    print_message("# the last order was MODEL_SEED=%llu\n", (unsigned long long)current_seed);
    return 0;
}

static void any_order_of_events_ends_in_the_wanted_state(void **state)
{
    (void)state;
    uint64_t only = number_from("MODEL_SEED", 0);
    uint64_t rounds = only != 0 ? 1 : number_from("MODEL_ROUNDS", 2000);
    for (uint64_t i = 0; i < rounds; i++) {
        current_seed = only != 0 ? only : i + 1;
        run_order(current_seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(any_order_of_events_ends_in_the_wanted_state, tell_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
