#include "program.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EXIT_USAGE 64
#define EXIT_CONFIG 78

static void fail(const dubboc_error *err)
{
    fprintf(stderr, "%s\n", err->text);
    exit(err->status == DUBBOC_E_CONFIG || err->status == DUBBOC_E_ARGUMENT ||
                 err->status == DUBBOC_E_UNSUPPORTED
             ? EXIT_CONFIG
             : EXIT_FAILURE);
}

static sigset_t ending_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

dubboc_config *program_config(int argc, char **argv)
{
    const char *registry = NULL;
    dubboc_config *config;
    dubboc_error err;
    int option;
    while ((option = getopt(argc, argv, "r:")) == 'r')
        registry = optarg;
    if (option != -1 || argc - optind > 1) {
        fprintf(stderr, "usage: %s [-r REGISTRY] [FILE]\n", argv[0]);
        exit(EXIT_USAGE);
    }
    if (dubboc_config_load(optind < argc ? argv[optind] : NULL, &config, &err) != DUBBOC_OK)
        fail(&err);
    if (registry != NULL &&
        dubboc_config_set(config, "registry", "address", registry, &err) != DUBBOC_OK)
        fail(&err);
    dubboc_log_level level;
    const char *wanted = dubboc_config_get(config, "log", "level", NULL);
    if (wanted != NULL && dubboc_log_level_parse(wanted, &level) == DUBBOC_OK)
        dubboc_log_set(dubboc_log_stderr, NULL, level);
    sigset_t signals = ending_signals();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return config;
}

static atomic_bool has_failed;

/* The server may not be stopped here, so program_wait() is ended as by a user. */
static void end_by_failure(const dubboc_error *failure, void *arg)
{
    (void)arg;
    fprintf(stderr, "%s\n", failure->text);
    atomic_store(&has_failed, true);
    kill(getpid(), SIGTERM);
}

dubboc_server *program_server(const dubboc_config *config, int loops)
{
    dubboc_server_options options = {.size = sizeof options, .config = config, .loops = loops};
    dubboc_server *server;
    dubboc_error err;
    if (dubboc_server_new(&options, &server, &err) != DUBBOC_OK)
        fail(&err);
    dubboc_server_set_failure_handler(server, end_by_failure, NULL);
    return server;
}

void program_offer(
    dubboc_server *server, const char *interface, const dubboc_method *methods, size_t count)
{
    dubboc_service *service;
    dubboc_error err;
    if (dubboc_server_add_service(server, interface, NULL, &service, &err) != DUBBOC_OK)
        fail(&err);
    for (size_t i = 0; i < count; i++)
        if (dubboc_service_add_method(service, &methods[i], &err) != DUBBOC_OK)
            fail(&err);
}

void program_start(dubboc_server *server)
{
    dubboc_error err;
    if (dubboc_server_start(server, &err) != DUBBOC_OK)
        fail(&err);
    printf("listening on %s\n", dubboc_server_address(server));
    fflush(stdout);
}

void program_wait(void)
{
    sigset_t signals = ending_signals();
    int which;
    sigwait(&signals, &which);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    if (atomic_load(&has_failed))
        return;
    fprintf(stderr, "stopping: giving consumers time to notice, finishing running calls; "
                    "a second signal ends at once\n");
}

int program_run(dubboc_server *server, dubboc_config *config)
{
    program_start(server);
    program_wait();
    dubboc_server_free(server);
    dubboc_config_free(config);
    return atomic_load(&has_failed) ? EXIT_FAILURE : EXIT_SUCCESS;
}
