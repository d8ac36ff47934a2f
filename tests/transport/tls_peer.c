#include "tests/transport/tls_peer.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void tls_peer_run(const tls_peer *self, const int in[2], const int out[2])
{
    char script[4200];
    snprintf(script, sizeof script, "%s/peer.py", self->folder);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[1]);
    close(out[0]);
    execlp("python3", "python3", script, (char *)NULL);
    _exit(127);
}

int tls_peer_start(tls_peer *self)
{
    int in[2], out[2], port = 0;
    const char *source = getenv("top_srcdir");
    snprintf(
        self->folder, sizeof self->folder, "%s/tests/transport/tls", source != NULL ? source : ".");
    snprintf(self->ca_file, sizeof self->ca_file, "%s/certificate.pem", self->folder);
    if (pipe(in) != 0 || pipe(out) != 0)
        return -1;
    self->pid = fork();
    if (self->pid == 0)
        tls_peer_run(self, in, out);
    close(in[0]);
    close(out[1]);
    self->in = in[1];
    self->out = fdopen(out[0], "r");
    if (self->out == NULL || fscanf(self->out, "%d", &port) != 1)
        return -1;
    snprintf(self->url, sizeof self->url, "https://localhost:%d", port);
    return 0;
}

int tls_peer_end(tls_peer *self)
{
    close(self->in);
    fclose(self->out);
    waitpid(self->pid, NULL, 0);
    return 0;
}
