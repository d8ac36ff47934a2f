/* The statistics of a server and its methods: sums of the counters in call_counts.h. */
#include <assert.h>

#include "base/sized.h"
#include "server/server.h"

static uint64_t stats_in_flight(const call_sums *sums)
{
    return sums->begun > sums->ended.count ? sums->begun - sums->ended.count : 0;
}

static void stats_add_services(const services *offered, call_sums *sums)
{
    for (size_t i = 0; i < offered->count; i++)
        for (size_t k = 0; k < offered->items[i]->method_count; k++)
            if (offered->items[i]->methods[k]->counts != offered->rest_counts)
                call_counts_sum(offered->items[i]->methods[k]->counts, sums);
    if (offered->rest_counts != NULL)
        call_counts_sum(offered->rest_counts, sums);
}

void dubboc_server_get_stats(const dubboc_server *server, dubboc_server_stats *stats)
{
    assert(server != NULL && stats != NULL);
    const turned_away_counts *away = server->serving.turned_away;
    call_sums sums = {0};
    stats_add_services(&server->serving.services, &sums);
    dubboc_server_stats own = {
        .size = sizeof own,
        .calls = sums.begun,
        .errors = sums.errors,
        .in_flight = stats_in_flight(&sums),
        .refused = turned_away_sum(away, TURNED_AWAY_REFUSED),
        .unknown = turned_away_sum(away, TURNED_AWAY_UNKNOWN),
        .invalid = turned_away_sum(away, TURNED_AWAY_INVALID),
        .latency = sums.ended,
    };
    sized_write(stats, &own, sizeof own);
}

/* Calls visit with the statistics of one entry. name has all members set except the figures. */
static void stats_tell(const call_counts *counts, const dubboc_method_stats *name,
    dubboc_method_stats_fn visit, void *arg)
{
    call_sums sums = {0};
    call_counts_sum(counts, &sums);
    dubboc_method_stats told = *name;
    told.size = sizeof told;
    told.calls = sums.begun;
    told.errors = sums.errors;
    told.in_flight = stats_in_flight(&sums);
    told.latency = sums.ended;
    visit(arg, &told);
}

/* Visits the methods that have their own counters. Returns how many others share
 * services.rest_counts. */
static size_t stats_visit_service(
    const services *offered, const dubboc_service *service, dubboc_method_stats_fn visit, void *arg)
{
    size_t rest = 0;
    for (size_t i = 0; i < service->method_count; i++) {
        const service_method *method = service->methods[i];
        dubboc_method_stats name = {.interface = service->interface,
            .group = service->group,
            .version = service->version,
            .method = method->name,
            .methods = 1};
        if (method->counts == offered->rest_counts)
            rest++;
        else
            stats_tell(method->counts, &name, visit, arg);
    }
    return rest;
}

void dubboc_server_visit_methods(
    const dubboc_server *server, dubboc_method_stats_fn visit, void *arg)
{
    assert(server != NULL && visit != NULL);
    const services *offered = &server->serving.services;
    size_t rest = 0;
    for (size_t i = 0; i < offered->count; i++)
        rest += stats_visit_service(offered, offered->items[i], visit, arg);
    dubboc_method_stats name = {
        .interface = "", .group = "", .version = "", .method = "", .methods = rest};
    if (rest > 0)
        stats_tell(offered->rest_counts, &name, visit, arg);
}
