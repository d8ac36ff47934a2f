#include "tests/support/zookeeper_fake.h"

#include "tests/support/test.h"

#include "base/mem.h"

static const char *const kind_names[] = {
    "create", "create ephemeral", "remove", "exists", "children", "data", "multi"};

/* --- the port */

static bool fake_open(zk_port *port, uint64_t generation)
{
    fake *self = (fake *)port;
    if (self->refuses_open) {
        self->refused_opens++;
        return false;
    }
    assert_int_equal(0, self->generation);
    self->generation = generation;
    self->opens++;
    return true;
}

static void fake_close(zk_port *port)
{
    fake *self = (fake *)port;
    assert_int_not_equal(0, self->generation);
    self->generation = 0;
    self->closes++;
}

static bool note(zk_port *port, fake_kind kind, uint64_t cookie, const char *path, bool watch)
{
    fake *self = (fake *)port;
    if (self->refuses_requests)
        return false;
    assert_int_not_equal(0, self->generation);
    assert_true(self->request_count < FAKE_REQUESTS_MAX);
    fake_request *noted = &self->requests[self->request_count++];
    *noted = (fake_request){
        .kind = kind, .cookie = cookie, .generation = self->generation, .watch = watch};
    snprintf(noted->path, sizeof noted->path, "%s", path);
    return true;
}

static bool fake_create(zk_port *port, uint64_t cookie, const char *path, bool ephemeral)
{
    return note(port, ephemeral ? FAKE_CREATE_EPHEMERAL : FAKE_CREATE, cookie, path, false);
}

static bool fake_remove(zk_port *port, uint64_t cookie, const char *path)
{
    return note(port, FAKE_REMOVE, cookie, path, false);
}

static bool fake_multi(zk_port *port, uint64_t cookie, const zk_op *ops, size_t count)
{
    fake *self = (fake *)port;
    char text[256] = "";
    assert_in_range(count, 2, FAKE_OPS_MAX);
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s %s", i > 0 ? " " : "",
            ops[i].is_create ? "create" : "remove", strrchr(ops[i].path, '/') + 1);
    if (!note(port, FAKE_MULTI, cookie, text, false))
        return false;
    fake_request *noted = &self->requests[self->request_count - 1];
    for (size_t i = 0; i < count; i++) {
        noted->ops[i].is_create = ops[i].is_create;
        snprintf(noted->ops[i].path, sizeof noted->ops[i].path, "%s", ops[i].path);
    }
    noted->op_count = count;
    return true;
}

static bool fake_exists(zk_port *port, uint64_t cookie, const char *path, bool watch)
{
    return note(port, FAKE_EXISTS, cookie, path, watch);
}

static bool fake_children(zk_port *port, uint64_t cookie, const char *path, bool watch)
{
    return note(port, FAKE_CHILDREN, cookie, path, watch);
}

static bool fake_data(zk_port *port, uint64_t cookie, const char *path, bool watch)
{
    return note(port, FAKE_DATA, cookie, path, watch);
}

static bool fake_probe(zk_port *port)
{
    fake *self = (fake *)port;
    self->probes += !self->refuses_probe;
    return !self->refuses_probe;
}

static const zk_port_ops fake_ops = {
    .open = fake_open,
    .close = fake_close,
    .create = fake_create,
    .remove = fake_remove,
    .multi = fake_multi,
    .exists = fake_exists,
    .children = fake_children,
    .data = fake_data,
    .probe = fake_probe,
};

/* --- what the session reports */

static void told_connected(void *arg, bool is_connected)
{
    ((fake *)arg)->is_connected = is_connected;
}

static void told_node_gone(void *arg, zk_node *node)
{
    ((fake *)arg)->nodes_gone++;
    free(node->path);
    free(node->identity);
    node->path = node->identity = NULL;
}

/* Returns the subscriber's index in self->last, or a free index if it has none. */
static size_t place_of(const fake *self, const zk_subscriber *subscriber)
{
    for (size_t i = 0; i < FAKE_SUBSCRIBERS_MAX; i++)
        if (self->last[i].subscriber == subscriber)
            return i;
    if (subscriber == NULL) {
        print_error("more than %d subscribers\n", FAKE_SUBSCRIBERS_MAX);
        fail();
    }
    return place_of(self, NULL);
}

static void told_read(void *arg, zk_subscriber *subscriber, zk_reading *reading)
{
    fake *self = arg;
    size_t place = place_of(self, subscriber);
    zk_reading_unref(self->last[place].reading);
    self->last[place].subscriber = subscriber;
    self->last[place].reading = zk_reading_ref(reading);
    self->readings++;
    zk_reading_unref(self->reading);
    self->reading = zk_reading_ref(reading);
}

static void told_subscriber_gone(void *arg, zk_subscriber *subscriber)
{
    fake *self = arg;
    size_t place = place_of(self, subscriber);
    zk_reading_unref(self->last[place].reading);
    self->last[place].subscriber = NULL;
    self->last[place].reading = NULL;
    self->subscribers_gone++;
}

static void told_looked_up(void *arg, zk_lookup *lookup, zk_reading *reading, const char *reason)
{
    fake *self = arg;
    self->lookups++;
    free(lookup->path);
    lookup->path = NULL;
    snprintf(self->reason, sizeof self->reason, "%s", reason != NULL ? reason : "");
    zk_reading_unref(self->reading);
    self->reading = reading != NULL ? zk_reading_ref(reading) : NULL;
}

static const zk_session_out fake_out = {
    told_connected, told_node_gone, told_read, told_subscriber_gone, told_looked_up};

/* --- what the test does */

fake *fake_new(int64_t timeout_ms, int64_t self_check_ms)
{
    fake *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->port.ops = &fake_ops;
    self->now_ns = 1000 * NS_PER_S;
    zk_session_settings settings = {
        .timeout_ms = timeout_ms, .self_check_ms = self_check_ms, .seed = 7};
    self->session = zk_session_new(&settings, &self->port, &fake_out, self);
    assert_non_null(self->session);
    return self;
}

void fake_free(fake *self)
{
    zk_session_free(self->session);
    assert_int_equal(0, self->generation);
    zk_reading_unref(self->reading);
    free(self);
}

void fake_pass_ms(fake *self, int64_t ms)
{
    self->now_ns += ms * NS_PER_MS;
    zk_session_tick(self->session, self->now_ns);
}

void fake_session(fake *self, zk_session_news news, int64_t session_id, int64_t timeout_ms)
{
    zk_event event = {.kind = ZK_EVENT_SESSION,
        .generation = self->generation,
        .session = news,
        .session_id = session_id,
        .timeout_ms = timeout_ms};
    zk_session_handle(self->session, &event, self->now_ns);
}

void fake_connect(fake *self, int64_t session_id)
{
    if (self->generation == 0)
        fake_pass_ms(self, 0);
    fake_session(self, ZK_SESSION_UP, session_id, 1000);
    assert_true(self->is_connected);
}

fake_request fake_expect(fake *self, fake_kind kind, const char *path)
{
    if (self->request_count == 0) {
        print_error("nothing was asked for, expected %s %s\n", kind_names[kind], path);
        fail();
    }
    fake_request first = self->requests[0];
    if (first.kind != kind || strcmp(first.path, path) != 0) {
        print_error("asked for %s %s, expected %s %s\n", kind_names[first.kind], first.path,
            kind_names[kind], path);
        fail();
    }
    self->request_count--;
    memmove(self->requests, self->requests + 1, self->request_count * sizeof self->requests[0]);
    return first;
}

fake_request fake_expect_any(fake *self, fake_kind kind, const char *path)
{
    for (size_t i = 1; i < self->request_count; i++)
        if (self->requests[i].kind == kind && strcmp(self->requests[i].path, path) == 0) {
            fake_request found = self->requests[i];
            memmove(self->requests + 1, self->requests, i * sizeof self->requests[0]);
            self->requests[0] = found;
            break;
        }
    return fake_expect(self, kind, path);
}

static void answer_with(fake *self, fake_request request, zk_event event)
{
    event.kind = ZK_EVENT_ANSWER;
    event.generation = request.generation;
    event.cookie = request.cookie;
    zk_session_handle(self->session, &event, self->now_ns);
    zk_reading_unref(event.reading);
}

void fake_answer(fake *self, fake_request request, zk_answer answer)
{
    answer_with(self, request, (zk_event){.answer = answer, .failed_at = ZK_NO_OP});
}

void fake_answer_failed_at(fake *self, fake_request request, zk_answer answer, size_t failed_at)
{
    answer_with(self, request, (zk_event){.answer = answer, .failed_at = failed_at});
}

void fake_answer_owner(fake *self, fake_request request, int64_t owner)
{
    answer_with(self, request, (zk_event){.answer = ZK_OK, .owner = owner});
}

void fake_answer_list(fake *self, fake_request request, const char *names)
{
    zk_reading *reading = zk_reading_new();
    dubboc_slice rest = slice_of(names), name;
    reading->list.items = calloc(strlen(names) + 1, sizeof(char *));
    while (slice_next(&rest, ' ', &name))
        reading->list.items[reading->list.count++] = mem_dup_slice(name);
    answer_with(self, request, (zk_event){.answer = ZK_OK, .reading = reading});
}

void fake_answer_data(fake *self, fake_request request, const char *data)
{
    zk_reading *reading = zk_reading_new();
    reading->data = mem_dup(data);
    reading->len = strlen(data);
    answer_with(self, request, (zk_event){.answer = ZK_OK, .reading = reading});
}

void fake_expect_answer(fake *self, fake_kind kind, const char *path, zk_answer answer)
{
    fake_answer(self, fake_expect(self, kind, path), answer);
}

void fake_change(fake *self, const char *path)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", path);
    zk_event event = {.kind = ZK_EVENT_CHANGE,
        .generation = self->generation,
        .path = copy,
        .of_children = true,
        .of_data = true};
    zk_session_handle(self->session, &event, self->now_ns);
}

void fake_probed(fake *self, const char *reason, bool is_reachable)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", reason);
    zk_event event = {.kind = ZK_EVENT_PROBED, .path = copy, .is_reachable = is_reachable};
    zk_session_handle(self->session, &event, self->now_ns);
}

void fake_awaited(fake *self, int64_t timeout_ms)
{
    zk_event event = {
        .kind = ZK_EVENT_AWAITED, .deadline_ns = self->now_ns + timeout_ms * NS_PER_MS};
    zk_session_handle(self->session, &event, self->now_ns);
}

void fake_closed(fake *self)
{
    zk_event event = {.kind = ZK_EVENT_CLOSED};
    zk_session_handle(self->session, &event, self->now_ns);
}

void fake_command(fake *self, zk_event_kind kind, void *object)
{
    zk_event event = {.kind = kind, .object = object};
    zk_session_handle(self->session, &event, self->now_ns);
}

void fake_register(fake *self, zk_node *node, const char *path)
{
    *node = (zk_node){.path = mem_dup(path)};
    fake_command(self, ZK_EVENT_REGISTER, node);
}

void fake_register_consumer(fake *self, zk_node *node, const char *path)
{
    *node = (zk_node){.path = mem_dup(path), .needs_interface = true};
    fake_command(self, ZK_EVENT_REGISTER, node);
}

void fake_register_alone(fake *self, zk_node *node, const char *path, const char *identity)
{
    *node = (zk_node){.path = mem_dup(path), .identity = mem_dup(identity)};
    fake_command(self, ZK_EVENT_REGISTER, node);
}

void fake_register_together(
    fake *self, zk_node *const *nodes, const char *const *paths, size_t count)
{
    zk_batch *batch = zk_batch_new();
    assert_non_null(batch);
    for (size_t i = 0; i < count; i++) {
        *nodes[i] = (zk_node){.path = mem_dup(paths[i])};
        zk_batch_add(batch, &nodes[i]->member, nodes[i]->path);
        if (i > 0)
            nodes[i - 1]->next_begin = nodes[i];
    }
    fake_command(self, ZK_EVENT_REGISTER, nodes[0]);
}

void fake_unregister_together(fake *self, zk_node *const *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        nodes[i]->next_end = i + 1 < count ? nodes[i + 1] : NULL;
    fake_command(self, ZK_EVENT_UNREGISTER, nodes[0]);
}

void fake_subscribe(fake *self, zk_subscriber *subscriber, const char *path, bool is_data)
{
    *subscriber = (zk_subscriber){.watch = zk_watch_new(mem_dup(path), is_data)};
    fake_command(self, ZK_EVENT_SUBSCRIBE, subscriber);
}

void fake_look_up(fake *self, zk_lookup *lookup, const char *path, int64_t timeout_ms)
{
    *lookup =
        (zk_lookup){.path = mem_dup(path), .deadline_ns = self->now_ns + timeout_ms * NS_PER_MS};
    fake_command(self, ZK_EVENT_LOOKUP, lookup);
}

const zk_reading *fake_reading_of(const fake *self, const zk_subscriber *subscriber)
{
    return self->last[place_of(self, subscriber)].reading;
}
