/* The TLS peer of tests/transport/tls/peer.py, which a test program starts once. */
#ifndef TESTS_TRANSPORT_TLS_PEER_H
#define TESTS_TRANSPORT_TLS_PEER_H

#include <stdio.h>
#include <sys/types.h>

typedef struct tls_peer {
    FILE *out;
    int in; /* closing this ends the peer */
    pid_t pid;
    char url[64];
    char folder[4096];
    char ca_file[4200];
} tls_peer;

/* Return 0, or -1 if the peer cannot be started, as the functions of a test group do. */
int tls_peer_start(tls_peer *self);
int tls_peer_end(tls_peer *self);

#endif
