/* What the example programs share: arguments, configuration, log and signals. Nothing here belongs
 * to dubboc; a program of yours has its own way of doing this. */
#ifndef EXAMPLES_PROGRAM_H
#define EXAMPLES_PROGRAM_H

#include <dubboc/dubboc.h>

/* Reads "[-r REGISTRY] [FILE]", then file and environment, and sends the log to standard error as
 * [log] level says. Blocks SIGTERM and SIGINT in this thread and all that it will start, for
 * program_wait(). Ends the program with status 64 (wrong usage) or 78 (wrong configuration). */
dubboc_config *program_config(int argc, char **argv);

/* A server with that configuration, or the program's end. When it fails later, program_wait()
 * returns. */
dubboc_server *program_server(const dubboc_config *config, int loops);

/* Adds methods to a new service, or ends the program. */
void program_offer(
    dubboc_server *server, const char *interface, const dubboc_method *methods, size_t count);

/* Starts it and says "listening on IP:PORT", or ends the program. */
void program_start(dubboc_server *server);

/* Waits for SIGTERM or SIGINT, and says on standard error what dubboc_server_stop() will wait for.
 * From then on a second signal ends the program at once. */
void program_wait(void);

/* All of it: start, wait, stop, free. Returns the exit status. */
int program_run(dubboc_server *server, dubboc_config *config);

#endif
