/* Providers that answer, but refuse to execute calls. */
#include "tests/client/call_fixture.h"

#include "base/clock.h"

static const peer_script is_full = {{PEER_READ,
    PEER_SEND("HTTP/1.1 503 Busy\r\nDubboc-Not-Executed: 1\r\nContent-Length: 4\r\n\r\nfull"),
    PEER_AGAIN}};

static int64_t standing_clock(void)
{
    return 1000 * NS_PER_S;
}

/* Starts three providers that are called in turn. The clock stands still. */
static void begin_three(fixture *self, const peer_script *first, const peer_script *others)
{
    address addresses[3];
    clock_set_source(standing_clock);
    *self = (fixture){0};
    for (size_t i = 0; i < 3; i++) {
        self->peers[i] = scripted_peer_new(i == 0 ? first : others, 1);
        addresses[i] = address_of(self->peers[i]);
    }
    begin_with_registry(
        self, PROVIDERS({addresses[0].text, ""}, {addresses[1].text, ""}, {addresses[2].text, ""}));
}

static void end_three(fixture *self)
{
    end(self);
    clock_set_source(NULL);
}

/* Each refused call is repeated at another provider, and the full provider soon gets hardly any
 * calls. */
static void no_call_is_lost_while_one_of_three_providers_refuses_every_call(void **state)
{
    (void)state;
    fixture self;
    begin_three(&self, &is_full, &refuses_each);
    for (int i = 0; i < 300; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, NULL, NULL), &self.err);
    assert_in_range(scripted_peer_requests(self.peers[0]), 1, 30);
    end_three(&self);
}

/* The first call is sent to all three providers. A fifth of the later calls may be
 * repeated once. */
static void repeats_use_the_retry_budget_when_all_providers_refuse(void **state)
{
    (void)state;
    fixture self;
    begin_three(&self, &is_full, &is_full);
    for (int i = 0; i < 30; i++)
        assert_status(DUBBOC_E_BUSY, raw_call(&self, NULL, NULL), &self.err);
    assert_int_equal(requests(&self), 30 + 2 + 30 / 5);
    end_three(&self);
}

/* The first call is sent to both full providers. After the dead provider the call continues without
 * using the retry budget, because nothing was sent. But repeats after refusals still use the retry
 * budget, although the dead provider is one that has not refused. */
static void repeats_after_refusals_use_the_retry_budget_beside_a_dead_provider_too(void **state)
{
    (void)state;
    for (size_t dead = 0; dead < 3; dead++) {
        fixture self = {0};
        address addresses[3];
        clock_set_source(standing_clock);
        for (size_t i = 0; i < 3; i++) {
            self.peers[i] = i != dead ? scripted_peer_new(&is_full, 1) : NULL;
            addresses[i] = i != dead ? address_of(self.peers[i]) : dead_address();
        }
        begin_with_registry(&self,
            PROVIDERS({addresses[0].text, ""}, {addresses[1].text, ""}, {addresses[2].text, ""}));
        for (int i = 0; i < 30; i++)
            raw_call(&self, NULL, NULL);
        assert_in_range(requests(&self), 30, 30 + 1 + 30 / 5);
        end_three(&self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_is_lost_while_one_of_three_providers_refuses_every_call),
        cmocka_unit_test(repeats_use_the_retry_budget_when_all_providers_refuse),
        cmocka_unit_test(repeats_after_refusals_use_the_retry_budget_beside_a_dead_provider_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
