/* A selector with a fake registry, a clock that the test sets, and helpers for tests of the
 * selector. */
#ifndef TESTS_SELECTOR_FIXTURE_H
#define TESTS_SELECTOR_FIXTURE_H

#include "selector/selector.h"
#include "selector/selector_inside.h"
#include "tests/selector/fake_registry.h"

#define SERVICE "com.example.Echo"
#define A "jsonrpc://10.0.0.1:80/" SERVICE "?interface=" SERVICE
#define B "jsonrpc://10.0.0.2:80/" SERVICE "?interface=" SERVICE
#define C "jsonrpc://10.0.0.3:80/" SERVICE "?interface=" SERVICE
#define A_LABEL "10.0.0.1:80/" SERVICE
#define B_LABEL "10.0.0.2:80/" SERVICE

/* An array of texts that ends with NULL. */
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING LIST(NULL)
size_t list_length(const char *const *texts);

typedef struct fixture {
    registry *source;
    stop_signal stop;
    http_client *http;
    selector *selector;
    selector_settings settings;
    dubboc_error err;
} fixture;

/* TTL 300 s, grace period 30 s, ejection for 30 s after 5 failures, no snapshot folder, policy
 * random. */
selector_settings usual_settings(void);
void fixture_start(fixture *f, const selector_settings *settings); /* stops the clock at 1000 s */
void fixture_end(fixture *f);

/* Calls fixture_start() with the usual settings, but with the policy roundrobin. */
void fixture_start_in_turn(fixture *f);

/* Calls fixture_start_in_turn(), makes the directory of SERVICE, and sets the registry's list. */
directory *fixture_start_with(fixture *f, const char *const *urls);

/* Calls fixture_start_in_turn(), makes the directory of SERVICE, and gives it so many providers. */
directory *fixture_start_with_many(fixture *f, size_t providers);

/* Returns the provider at this place of the directory's present list. */
provider *provider_at(directory *of, size_t place);

void clock_stop(void); /* stops the clock at 1000 s */
void clock_go_on(int64_t ms);
void clock_restart(void);

/* Returns the directory of SERVICE, or of another interface. Its first pick by roundrobin is the
 * first provider of the list, not a random one. */
directory *directory_of(fixture *f, const char *interface);

/* Lets the selector subscribe the directory. Returns the status of the subscription. */
dubboc_status subscribe_now(selector *self, directory *of, dubboc_error *err);

/* Sets the registry's list of providers of SERVICE. */
void registry_has(fixture *f, const char *const *urls);

/* Makes `count` nodes of SERVICE at 10.x.y.z:port. The caller frees them with free_urls(). */
char **many_urls(size_t count, unsigned port);
void free_urls(char **urls, size_t count);

/* Picks a provider, releases it at once with this outcome, and returns its label, or "none". The
 * label is valid until the next call on this thread. */
const char *pick_label(directory *of, const char *policy_name, pick_outcome outcome);

/* Picks a provider for the method, and returns it. The caller releases held. */
provider *pick_one(directory *of, const char *method, pick *held);

#endif
