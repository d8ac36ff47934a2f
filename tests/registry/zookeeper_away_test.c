/* What the log says about a ZooKeeper that cannot be reached, and which reasons the probe finds. */
#include "tests/registry/session_fixture.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "registry/zookeeper/probe.h"

#define SAID_MAX 32

static struct {
    int count;
    char lines[SAID_MAX][600];
} said;

static void note_warning(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    (void)arg, (void)area, (void)suppressed;
    if (level == DUBBOC_LOG_WARN && said.count < SAID_MAX)
        snprintf(said.lines[said.count++], sizeof said.lines[0], "%s %s", message, fields);
}

static int begin_listening(void **state)
{
    said.count = 0;
    dubboc_log_set(note_warning, NULL, DUBBOC_LOG_INFO);
    return fixture_begin(state);
}

static int connect_and_listen(void **state)
{
    begin_listening(state);
    fake_connect(*state, OURS);
    return 0;
}

static int stop_listening(void **state)
{
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_WARN);
    return fixture_free(state);
}

static void assert_said(int number, const char *first, const char *second)
{
    assert_true(said.count >= number);
    assert_contains(said.lines[number - 1], first);
    assert_contains(said.lines[number - 1], second);
}

/* Passes one second of an outage, and reports all abandoned handles as closed. */
static void pass_a_second(fake *self, int *closes_told)
{
    fake_pass_ms(self, 1000);
    for (; *closes_told < self->closes; ++*closes_told)
        fake_closed(self);
}

#define REFUSED "connection refused by 127.0.0.1:2181"

static void a_lost_registry_is_logged_after_a_second_each_minute_and_when_it_returns(void **state)
{
    fake *self = *state;
    lose_connection(self);
    fake_pass_ms(self, 999);
    assert_int_equal(0, self->probes);
    fake_pass_ms(self, 1);
    assert_int_equal(1, self->probes);
    assert_int_equal(0, said.count);
    fake_probed(self, REFUSED, false);
    assert_int_equal(1, said.count);
    assert_said(1, "zookeeper is unreachable", "reason=\"" REFUSED "\"");
    int closes_told = 0;
    for (int i = 0; i < 59; i++)
        pass_a_second(self, &closes_told);
    assert_int_equal(1, said.count);
    pass_a_second(self, &closes_told);
    fake_probed(self, "no answer from 127.0.0.1:2181", false);
    assert_int_equal(2, said.count);
    assert_said(2, "zookeeper is still unreachable", "no answer from 127.0.0.1:2181");
    fake_connect(self, NEXT);
    assert_int_equal(3, said.count);
    assert_said(3, "zookeeper is reachable again", "away_ms=61000");
    fake_pass_ms(self, 120000);
    assert_int_equal(3, said.count);
}

static void a_server_that_was_never_reached_is_logged_as_away(void **state)
{
    fake *self = *state;
    fake_pass_ms(self, 0);
    fake_pass_ms(self, 1000);
    fake_probed(self, REFUSED, false);
    assert_int_equal(1, said.count);
    assert_said(1, "zookeeper is unreachable", REFUSED);
}

static void a_short_loss_is_not_logged(void **state)
{
    fake *self = *state;
    for (int i = 0; i < 20; i++) {
        lose_connection(self);
        fake_pass_ms(self, 900);
        fake_connect(self, OURS);
    }
    lose_connection(self);
    fake_pass_ms(self, 1000);
    fake_connect(self, OURS);
    /* the result comes too late, because the session is connected again */
    fake_probed(self, REFUSED, false);
    assert_int_equal(0, said.count);
}

static void an_accepting_server_is_logged_as_away_only_after_the_session_time_out(void **state)
{
    fake *self = *state;
    fake_pass_ms(self, 0);
    fake_pass_ms(self, 1000);
    fake_probed(self, "connection accepted", true);
    /* logged at once, because the session's time-out is only 1 s */
    assert_int_equal(1, said.count);
    fake *patient = fake_new(10000, 0);
    said.count = 0;
    fake_pass_ms(patient, 0);
    for (int i = 0; i < 9; i++) {
        fake_pass_ms(patient, 1000);
        fake_probed(patient, "connection accepted", true);
    }
    assert_int_equal(0, said.count);
    fake_pass_ms(patient, 1000);
    fake_probed(patient, "connection accepted", true);
    assert_int_equal(1, said.count);
    fake_free(patient);
}

static void a_known_reason_is_logged_without_a_probe(void **state)
{
    fake *self = *state;
    fake_session(self, ZK_SESSION_AUTH_FAILED, OURS, 1000);
    fake_pass_ms(self, 1000);
    assert_int_equal(0, self->probes);
    assert_int_equal(1, said.count);
    assert_said(1, "zookeeper is unreachable", "reason=\"the credentials were refused\"");
}

static void a_loss_is_logged_even_if_no_probe_can_run(void **state)
{
    fake *self = *state;
    self->refuses_probe = true;
    lose_connection(self);
    fake_pass_ms(self, 1000);
    assert_int_equal(1, said.count);
    assert_said(1, "zookeeper is unreachable", "reason=\"the connection was lost\"");
    fixture_free(state);
    connect_and_listen(state);
    self = *state;
    lose_connection(self);
    fake_pass_ms(self, 1000);
    fake_pass_ms(self, 5000); /* this probe never ends */
    assert_int_equal(1, said.count);
}

static void a_lookup_that_fails_during_a_loss_reports_the_reason_of_the_loss(void **state)
{
    fake *self = *state;
    lose_connection(self);
    fake_look_up(self, &self->lookup, DIRECTORY, 5000);
    fake_pass_ms(self, 1000);
    fake_probed(self, REFUSED, false);
    fake_pass_ms(self, 4000);
    assert_int_equal(1, self->lookups);
    assert_string_equal("not connected: " REFUSED, self->reason);
}

static void a_probe_starts_early_enough_to_give_a_short_lookup_the_reason(void **state)
{
    fake *self = *state;
    lose_connection(self);
    fake_look_up(self, &self->lookup, DIRECTORY, 300);
    fake_pass_ms(self, 149);
    assert_int_equal(0, self->probes);
    fake_pass_ms(self, 1);
    assert_int_equal(1, self->probes);
    fake_probed(self, REFUSED, false);
    fake_pass_ms(self, 150);
    assert_int_equal(1, self->lookups);
    assert_string_equal("not connected: " REFUSED, self->reason);
    assert_string_equal(REFUSED, zk_session_trouble(self->session));
    fake_connect(self, OURS);
    assert_string_equal("", zk_session_trouble(self->session));
}

static void a_probe_starts_early_enough_to_give_a_short_first_call_the_reason(void **state)
{
    fake *self = *state;
    fake_pass_ms(self, 0);
    fake_awaited(self, 300);
    fake_awaited(self, 60000); /* a call with more time does not delay the probe */
    fake_pass_ms(self, 149);
    assert_int_equal(0, self->probes);
    fake_pass_ms(self, 1);
    assert_int_equal(1, self->probes);
    fake_probed(self, REFUSED, false);
    assert_string_equal(REFUSED, zk_session_trouble(self->session));
}

static void no_probe_runs_for_a_waiter_while_the_server_is_connected(void **state)
{
    fake *self = *state;
    fake_awaited(self, 300);
    fake_pass_ms(self, 300);
    assert_int_equal(0, self->probes);
}

static void a_loss_is_no_longer_logged_after_the_registry_is_closed(void **state)
{
    fake *self = *state;
    lose_connection(self);
    fake_pass_ms(self, 1000);
    fake_probed(self, REFUSED, false);
    fake_command(self, ZK_EVENT_STOP, NULL);
    fake_pass_ms(self, 120000);
    assert_int_equal(1, said.count);
}

/* --- the probe */

static int listening_socket(int *port)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, bind(fd, (struct sockaddr *)&own, sizeof own));
    assert_int_equal(0, listen(fd, 1));
    assert_int_equal(0, getsockname(fd, (struct sockaddr *)&own, &len));
    *port = ntohs(own.sin_port);
    return fd;
}

static void check_probe(const char *servers, const char *reason, bool is_reachable)
{
    bool missed;
    zk_mailbox *mailbox = zk_mailbox_new();
    assert_true(zk_probe_start(servers, mailbox));
    zk_event *event = zk_mailbox_take(mailbox, deadline_in_ms(30000), &missed);
    assert_non_null(event);
    assert_int_equal(ZK_EVENT_PROBED, event->kind);
    assert_string_equal(reason, event->path);
    assert_true(event->is_reachable == is_reachable);
    zk_event_free(event);
    zk_mailbox_unref(mailbox);
}

static void a_probe_reports_for_each_server_why_no_session_was_established(void **state)
{
    (void)state;
    int open_port, closed_port;
    char servers[100], reason[300];
    int listener = listening_socket(&open_port);
    close(listening_socket(&closed_port));
    snprintf(servers, sizeof servers, "127.0.0.1:%d", closed_port);
    snprintf(reason, sizeof reason, "connection refused by 127.0.0.1:%d", closed_port);
    check_probe(servers, reason, false);
    snprintf(servers, sizeof servers, "127.0.0.1:%d,127.0.0.1:%d", closed_port, open_port);
    snprintf(reason, sizeof reason,
        "connection refused by 127.0.0.1:%d; connection accepted by 127.0.0.1:%d, but no session "
        "was established",
        closed_port, open_port);
    check_probe(servers, reason, true);
    close(listener);
}

#define AWAY(test) cmocka_unit_test_setup_teardown(test, connect_and_listen, stop_listening)
#define AWAY_FRESH(test) cmocka_unit_test_setup_teardown(test, begin_listening, stop_listening)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AWAY(a_lost_registry_is_logged_after_a_second_each_minute_and_when_it_returns),
        AWAY_FRESH(a_server_that_was_never_reached_is_logged_as_away),
        AWAY(a_short_loss_is_not_logged),
        AWAY_FRESH(an_accepting_server_is_logged_as_away_only_after_the_session_time_out),
        AWAY(a_known_reason_is_logged_without_a_probe),
        AWAY(a_loss_is_logged_even_if_no_probe_can_run),
        AWAY(a_lookup_that_fails_during_a_loss_reports_the_reason_of_the_loss),
        AWAY(a_probe_starts_early_enough_to_give_a_short_lookup_the_reason),
        AWAY_FRESH(a_probe_starts_early_enough_to_give_a_short_first_call_the_reason),
        AWAY(no_probe_runs_for_a_waiter_while_the_server_is_connected),
        AWAY(a_loss_is_no_longer_logged_after_the_registry_is_closed),
        cmocka_unit_test(a_probe_reports_for_each_server_why_no_session_was_established),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
