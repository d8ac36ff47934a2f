/* A selector with a fake registry, a clock that the test moves, and helpers for its tests. */
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

/* Texts, ended by NULL. */
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

/* TTL 300 s, grace 30 s, 5 failures, 30 s of ejection, no snapshot folder, random. */
selector_settings usual_settings(void);
void fixture_start(fixture *f, const selector_settings *settings); /* the clock stands at 1000 s */
void fixture_end(fixture *f);

/* With the usual settings, but in turn (roundrobin). */
void fixture_start_in_turn(fixture *f);

/* The same, with the directory of SERVICE and what the registry has to begin with. */
directory *fixture_start_with(fixture *f, const char *const *urls);

void clock_stop(void); /* the test's clock from here, at 1000 s */
void clock_go_on(int64_t ms);
void clock_restart(void);

/* The directory of SERVICE, or of another interface. The next pick in turn is the list's first
 * provider, in place of a random one. */
directory *directory_of(fixture *f, const char *interface);

/* Lets the selector subscribe it. What subscribing fails with. */
dubboc_status subscribe_now(selector *self, directory *of, dubboc_error *err);

/* What the registry has now. */
void registry_has(fixture *f, const char *const *urls);

/* count nodes of SERVICE at 10.x.y.z:port, freed with free_urls(). */
char **many_urls(size_t count, unsigned port);
void free_urls(char **urls, size_t count);

/* The next pick's label, let go at once with that outcome; "none". Valid until the next call, on
 * this thread. */
const char *pick_label(directory *of, const char *policy_name, pick_outcome outcome);

/* The next pick for that method, held. */
provider *pick_one(directory *of, const char *method, pick *held);

#endif
