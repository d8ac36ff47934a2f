/* Measures the cost of a pick among many providers, and of a change of one of them. This is not a
 * test; it is run by hand or under callgrind.
 *
 *     tests/selector/pick_cost [PROVIDERS [PICKS [THREADS]]]
 *
 * It prints the processor time, and for comparison that of an empty loop over the same random
 * numbers. To count instructions: valgrind --tool=callgrind --toggle-collect=directory_pick
 * --toggle-collect=pick_release tests/selector/pick_cost 10000 1 0 */
#include "tests/selector/fixture.h"
#include "tests/support/test.h"

#include <time.h>

#include "base/random.h"

#define ROUNDS 40
#define THREADS_MAX 64

/* Returns the processor time of this process, so that other programs disturb the result less. */
static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

typedef struct picker {
    directory *of;
    const char *policy_name;
    size_t picks;
} picker;

static void *pick_many(void *arg)
{
    const picker *self = arg;
    const pick_request request = {.policy = self->policy_name, .method = slice_of("echo")};
    pick held;
    for (size_t i = 0; i < self->picks; i++)
        if (directory_pick(self->of, &request, &held))
            pick_release(self->of, &held, PICK_GOOD);
    return NULL;
}

static double empty_loop(size_t picks)
{
    volatile uint64_t sink;
    double start = now_ns();
    for (size_t i = 0; i < picks; i++)
        sink = random_next();
    (void)sink;
    return (now_ns() - start) / (double)picks;
}

/* Returns the best of several rounds, because the use of the caches by other programs only adds
 * time. */
static double best_round(const picker *of, int threads)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t ids[THREADS_MAX];
        double start = now_ns();
        for (int i = 0; i < threads; i++)
            pthread_create(&ids[i], NULL, pick_many, (void *)of);
        for (int i = 0; i < threads; i++)
            pthread_join(ids[i], NULL);
        double took = (now_ns() - start) / (double)of->picks / threads;
        best = took < best ? took : best;
    }
    return best;
}

static void measure_policy(directory *of, const char *name, size_t picks, int threads)
{
    const picker self = {.of = of, .policy_name = name, .picks = picks / ROUNDS + 1};
    printf("%-10s 1 thread: %.1f ns a pick and release", name, best_round(&self, 1));
    if (threads > 1)
        printf(", %d threads: %.1f ns", threads, best_round(&self, threads));
    printf("\n");
}

static void measure_change(fixture *f, char **urls, size_t count)
{
    /* the URL that replaces one of the list; the replaced URL is the next spare */
    char *spare = urls[count];
    double sum = 0, best = 1e12;
    for (size_t i = 0; i < ROUNDS; i++) {
        size_t at = i * count / ROUNDS;
        char *other = urls[at];
        urls[at] = spare;
        spare = other;
        double start = now_ns();
        fake_registry_push(f->source, SERVICE, (const char *const *)urls, count);
        double took = now_ns() - start;
        sum += took;
        best = took < best ? took : best;
    }
    urls[count] = spare;
    printf(
        "a change of 1 in %zu: %.2f ms, at best %.2f ms\n", count, sum / ROUNDS / 1e6, best / 1e6);
}

static void shuffle(char **urls, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)(random_next() % i);
        char *other = urls[i - 1];
        urls[i - 1] = urls[j];
        urls[j] = other;
    }
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000,
           picks = argc > 2 ? strtoul(argv[2], NULL, 10) : 5000000;
    int threads = argc > 3 ? atoi(argv[3]) : 8;
    threads = threads < THREADS_MAX ? threads : THREADS_MAX;
    fixture f;
    selector_settings settings = usual_settings();
    fixture_start(&f, &settings);
    clock_restart();
    directory *of = directory_of(&f, SERVICE);
    char **urls = many_urls(count + 1, 8080);
    double start = now_ns();
    fake_registry_push(f.source, SERVICE, (const char *const *)urls, count);
    printf("%zu providers, first list: %.1f ms\n", count, (now_ns() - start) / 1e6);
    printf("random number alone: %.1f ns\n", empty_loop(picks));
    for (int i = 0; i < POLICY_COUNT; i++)
        measure_policy(of, policy_names[i], picks, threads);
    measure_change(&f, urls, count);
    shuffle(urls, count);
    start = now_ns();
    fake_registry_push(f.source, SERVICE, (const char *const *)urls, count);
    printf("the same list in another order: %.2f ms\n", (now_ns() - start) / 1e6);
    free_urls(urls, count + 1);
    fixture_end(&f);
    return 0;
}
