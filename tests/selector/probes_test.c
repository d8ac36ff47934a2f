/* Probes of providers that fail: what is sent, what counts as an answer, how often, and when they
 * end. The peers are scripted, the calls are played by the test, and the clock is the test's. */
#include "tests/selector/fixture.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/test.h"

#include "base/clock.h"
#include "selector/health.h"

#define LIMIT_MS 10000
#define PEERS_MAX 80

static const peer_script never_answers = {{PEER_READ, PEER_HOLD}};
static const peer_script answers_when_released = {{PEER_READ, PEER_WAIT, PEER_SEND("H")}};
static const peer_script closes_in_order = {{PEER_READ}};
static const peer_script resets = {{PEER_READ, PEER_RESET}};

typedef struct probed {
    fixture f;
    directory *of;
    size_t count;
    scripted_peer *peers[PEERS_MAX];
} probed;

static void start_with_settings(
    probed *self, const peer_script *script, size_t count, int64_t probe_ms)
{
    char urls[PEERS_MAX][160];
    const char *list[PEERS_MAX];
    selector_settings settings = usual_settings();
    settings.load_balance = "roundrobin";
    settings.health_probe_ms = probe_ms;
    fixture_start(&self->f, &settings);
    self->of = directory_of(&self->f, SERVICE);
    self->count = count;
    for (size_t i = 0; i < count; i++) {
        self->peers[i] = scripted_peer_new(script, 1);
        snprintf(urls[i], sizeof urls[i], "jsonrpc://127.0.0.1:%d/" SERVICE "?interface=" SERVICE,
            scripted_peer_port(self->peers[i]));
        list[i] = urls[i];
    }
    fake_registry_push(self->f.source, SERVICE, list, count);
}

static void start(probed *self, const peer_script *script, size_t count)
{
    start_with_settings(self, script, count, 1000);
}

static void end(probed *self)
{
    fixture_end(&self->f);
    for (size_t i = 0; i < self->count; i++)
        scripted_peer_free(self->peers[i]);
}

static provider *at(const probed *self, size_t i)
{
    return atomic_load(&self->of->current)->entries[i].provider;
}

static void calls_end(const probed *self, provider *called, pick_outcome outcome, int times)
{
    for (int i = 0; i < times; i++) {
        atomic_fetch_add(&called->in_flight, 1);
        pick held = {.provider = called};
        pick_release(self->of, &held, outcome);
    }
}

/* What a wait is for. */
typedef struct wanted {
    probed *self;
    int requests; /* of all peers together */
} wanted;

static bool peers_were_asked(void *arg)
{
    const wanted *want = arg;
    int requests = 0;
    for (size_t i = 0; i < want->self->count; i++)
        requests += scripted_peer_requests(want->self->peers[i]);
    return requests >= want->requests;
}

static void wait_for_requests(probed *self, int requests)
{
    wanted want = {self, requests};
    assert_true(test_wait_for(peers_were_asked, &want, LIMIT_MS));
}

static bool is_silent(void *of)
{
    return health_is_silent(&((provider *)of)->health);
}

static bool is_proven_silent(void *of)
{
    return atomic_load(&((provider *)of)->health.silence) == SILENCE_PROVEN;
}

static bool is_not_silent(void *of)
{
    return !is_silent(of);
}

static bool is_not_ejected(void *of)
{
    return !health_is_ejected(&((provider *)of)->health);
}

static bool is_not_probed(void *of)
{
    return !atomic_load(&((provider *)of)->health.is_probed);
}

/* Rounds of the upkeep until the condition is true, because the answer of a peer on this machine
 * may need several. */
typedef struct rounds {
    selector *selector;
    bool (*is_met)(void *arg);
    void *arg;
} rounds;

static bool is_true_after_a_round(void *arg)
{
    const rounds *self = arg;
    selector_do_round(self->selector);
    return self->is_met(self->arg);
}

static void wait_in_rounds(probed *self, bool (*is_met)(void *arg), void *arg)
{
    rounds all = {self->f.selector, is_met, arg};
    assert_true(test_wait_for(is_true_after_a_round, &all, LIMIT_MS));
}

/* --- what is sent */

static void a_provider_that_has_failed_five_times_gets_a_head_request_for_its_path(void **state)
{
    (void)state;
    probed self;
    char host[64];
    start(&self, &never_answers, 1);
    calls_end(&self, at(&self, 0), PICK_FAILED, 4);
    selector_do_round(self.f.selector);
    assert_int_equal(0, scripted_peer_connections(self.peers[0]));
    calls_end(&self, at(&self, 0), PICK_FAILED, 1);
    wait_for_requests(&self, 1);
    char *request = scripted_peer_last_request(self.peers[0]);
    assert_memory_equal(request, "HEAD /" SERVICE " HTTP/1.1\r\n", strlen("HEAD /" SERVICE " H"));
    snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%d\r\n", scripted_peer_port(self.peers[0]));
    assert_contains(request, host);
    assert_contains(request, "\r\nConnection: close\r\n");
    free(request);
    end(&self);
}

static void no_provider_is_probed_when_probes_are_switched_off(void **state)
{
    (void)state;
    probed self;
    start_with_settings(&self, &never_answers, 1, -1);
    calls_end(&self, at(&self, 0), PICK_FAILED, 10);
    selector_do_round(self.f.selector);
    assert_false(is_silent(at(&self, 0)));
    assert_int_equal(0, scripted_peer_connections(self.peers[0]));
    end(&self);
}

static void refusals_cause_no_probes(void **state)
{
    (void)state;
    probed self;
    start(&self, &never_answers, 2);
    calls_end(&self, at(&self, 0), PICK_REFUSED, 10);
    selector_do_round(self.f.selector);
    assert_true(is_not_probed(at(&self, 0)));
    end(&self);
}

/* --- silence */

static void an_unanswered_probe_stays_open_and_is_the_only_one(void **state)
{
    (void)state;
    probed self;
    start(&self, &never_answers, 1);
    calls_end(&self, at(&self, 0), PICK_FAILED, 5);
    wait_for_requests(&self, 1);
    for (int i = 0; i < 60; i++) {
        clock_go_on(1000);
        selector_do_round(self.f.selector);
    }
    assert_int_equal(1, scripted_peer_connections(self.peers[0]));
    assert_int_equal(1, scripted_peer_open_connections(self.peers[0]));
    end(&self);
}

/* At most half may be ejected, so a single provider never is. */
static void a_provider_beyond_the_ejection_limit_rests_until_it_answers_a_probe(void **state)
{
    (void)state;
    probed self;
    start(&self, &answers_when_released, 1);
    provider *only = at(&self, 0);
    calls_end(&self, only, PICK_FAILED, 5);
    assert_false(health_is_ejected(&only->health));
    assert_true(is_silent(only));
    wait_for_requests(&self, 1);
    scripted_peer_release(self.peers[0]);
    wait_in_rounds(&self, is_not_silent, only);
    assert_int_equal(RECOVERY_NONE, atomic_load(&only->health.recovery));
    end(&self);
}

static void a_provider_that_answers_no_probe_for_a_second_is_silent_until_it_answers(void **state)
{
    (void)state;
    probed self;
    start(&self, &answers_when_released, 2);
    provider *hanging = at(&self, 0);
    calls_end(&self, hanging, PICK_FAILED, 5);
    wait_for_requests(&self, 1);
    clock_go_on(999);
    selector_do_round(self.f.selector);
    assert_int_equal(SILENCE_PRESUMED, atomic_load(&hanging->health.silence));
    clock_go_on(1);
    selector_do_round(self.f.selector);
    assert_int_equal(SILENCE_PROVEN, atomic_load(&hanging->health.silence));
    clock_go_on(29000); /* the ejection is over */
    selector_do_round(self.f.selector);
    assert_true(is_silent(hanging));
    for (size_t i = 0; i < 2; i++)
        scripted_peer_release(self.peers[i]);
    wait_in_rounds(&self, is_not_silent, hanging);
    assert_int_equal(RECOVERY_NEEDS_TRIAL, atomic_load(&hanging->health.recovery));
    end(&self);
}

/* --- what is an answer */

static void any_byte_is_an_answer(void **state)
{
    (void)state;
    probed self;
    start(&self, &answers_when_released, 2);
    calls_end(&self, at(&self, 0), PICK_FAILED, 5);
    wait_for_requests(&self, 1);
    assert_true(health_is_ejected(&at(&self, 0)->health));
    for (size_t i = 0; i < 2; i++)
        scripted_peer_release(self.peers[i]);
    wait_in_rounds(&self, is_not_ejected, at(&self, 0));
    end(&self);
}

static void an_orderly_close_is_an_answer(void **state)
{
    (void)state;
    probed self;
    start(&self, &closes_in_order, 2);
    calls_end(&self, at(&self, 0), PICK_FAILED, 5);
    wait_in_rounds(&self, is_not_ejected, at(&self, 0));
    end(&self);
}

static void a_reset_is_no_answer_and_is_followed_by_another_probe(void **state)
{
    (void)state;
    probed self;
    start(&self, &resets, 2);
    calls_end(&self, at(&self, 0), PICK_FAILED, 5);
    wait_in_rounds(&self, is_proven_silent, at(&self, 0));
    assert_true(health_is_ejected(&at(&self, 0)->health));
    for (int i = 2; i <= 5; i++) {
        clock_go_on(1000);
        selector_do_round(self.f.selector);
        wait_for_requests(&self, i);
    }
    end(&self);
}

static void a_refused_connection_is_no_answer(void **state)
{
    (void)state;
    probed self;
    start(&self, &never_answers, 2);
    provider *dead = at(&self, 0);
    char port[16];
    for (size_t i = 0; i < 2; i++) {
        snprintf(port, sizeof port, ":%d", scripted_peer_port(self.peers[i]));
        if (strstr(dead->info->address, port) == NULL)
            continue;
        scripted_peer_free(self.peers[i]);
        self.peers[i] = scripted_peer_new(&never_answers, 1); /* another port */
    }
    calls_end(&self, dead, PICK_FAILED, 5);
    wait_in_rounds(&self, is_proven_silent, dead);
    end(&self);
}

/* --- the end */

static void probing_ends_when_a_call_is_answered(void **state)
{
    (void)state;
    probed self;
    start(&self, &never_answers, 1);
    provider *well = at(&self, 0);
    calls_end(&self, well, PICK_FAILED, 5);
    wait_for_requests(&self, 1);
    calls_end(&self, well, PICK_GOOD, 1);
    selector_do_round(self.f.selector);
    assert_true(is_not_probed(well));
    assert_int_equal(0, atomic_load(&well->in_flight));
    end(&self);
}

static void probing_ends_when_the_provider_leaves_all_lists(void **state)
{
    (void)state;
    probed self;
    start(&self, &never_answers, 2);
    provider *leaving = at(&self, 0);
    char staying[200];
    const char *const left[] = {staying};
    snprintf(staying, sizeof staying, "jsonrpc://%s/" SERVICE "?interface=" SERVICE,
        at(&self, 1)->info->address);
    calls_end(&self, leaving, PICK_FAILED, 5);
    wait_for_requests(&self, 1);
    clock_go_on(1000);
    selector_do_round(self.f.selector);
    assert_true(is_silent(leaving));
    fake_registry_push(self.f.source, SERVICE, left, 1);
    selector_do_round(self.f.selector);
    assert_true(is_not_probed(leaving));
    assert_false(is_silent(leaving)); /* nothing would end the silence if it came back */
    assert_int_equal(0, atomic_load(&leaving->in_flight));
    end(&self);
}

static void the_selector_can_be_freed_while_probes_are_open(void **state)
{
    (void)state;
    probed self;
    start(&self, &never_answers, 3);
    for (size_t i = 0; i < 3; i++)
        calls_end(&self, at(&self, i), PICK_FAILED, 5);
    wait_for_requests(&self, 3);
    end(&self);
}

/* --- many */

static void at_most_64_probes_are_open_and_unanswered_probes_make_room_for_new_ones(void **state)
{
    (void)state;
    static probed self;
    start(&self, &never_answers, PEERS_MAX);
    for (size_t i = 0; i < PEERS_MAX; i++)
        calls_end(&self, at(&self, i), PICK_FAILED, 5);
    wait_for_requests(&self, PROBES_OPEN_MAX);
    selector_do_round(self.f.selector);
    assert_int_equal(PROBES_OPEN_MAX, self.f.selector->context.probes.open_count);
    clock_go_on(1000); /* those that are open have not answered in time */
    wanted all = {&self, PEERS_MAX};
    wait_in_rounds(&self, peers_were_asked, &all);
    end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_provider_that_has_failed_five_times_gets_a_head_request_for_its_path),
        cmocka_unit_test(no_provider_is_probed_when_probes_are_switched_off),
        cmocka_unit_test(refusals_cause_no_probes),
        cmocka_unit_test(an_unanswered_probe_stays_open_and_is_the_only_one),
        cmocka_unit_test(a_provider_beyond_the_ejection_limit_rests_until_it_answers_a_probe),
        cmocka_unit_test(a_provider_that_answers_no_probe_for_a_second_is_silent_until_it_answers),
        cmocka_unit_test(any_byte_is_an_answer),
        cmocka_unit_test(an_orderly_close_is_an_answer),
        cmocka_unit_test(a_reset_is_no_answer_and_is_followed_by_another_probe),
        cmocka_unit_test(a_refused_connection_is_no_answer),
        cmocka_unit_test(probing_ends_when_a_call_is_answered),
        cmocka_unit_test(probing_ends_when_the_provider_leaves_all_lists),
        cmocka_unit_test(the_selector_can_be_freed_while_probes_are_open),
        cmocka_unit_test(at_most_64_probes_are_open_and_unanswered_probes_make_room_for_new_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
