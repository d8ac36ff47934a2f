/* A selector over a fake registry, on a clock that the test moves, and the words that its tests share. */
#ifndef TESTS_SELECTOR_FIXTURE_H
#define TESTS_SELECTOR_FIXTURE_H

#include "selector/parts.h"
#include "tests/selector/fake_registry.h"

#define SERVICE "com.example.Echo"

typedef struct fixture {
    registry *source;
    http_client *http;
    selector *selector;
    selector_settings settings;
    dubboc_error err;
} fixture;

/* TTL 300 s, grace 30 s, 5 failures, 30 s of rest, no snapshot folder, random. */
selector_settings usual_settings(void);
void fixture_start(fixture *f, const selector_settings *settings); /* the clock stands at 1000 s */
void fixture_end(fixture *f);

void clock_stop(void); /* the test's clock from here, at 1000 s */
void clock_go_on(int64_t ms);
void clock_restart(void);

/* The directory of SERVICE, or of another interface. */
directory *directory_of(fixture *f, const char *interface);

/* What the registry has now; the list ends with NULL. */
void registry_has(fixture *f, const char *const *urls);

/* count nodes of SERVICE at 10.x.y.z:port, freed with free_urls(). */
char **many_urls(size_t count, unsigned port);
void free_urls(char **urls, size_t count);

/* The next pick's label, let go at once with that outcome; "none". Valid until the next call, on this thread. */
const char *pick_label(directory *of, const char *policy_name, pick_outcome outcome);

#endif
