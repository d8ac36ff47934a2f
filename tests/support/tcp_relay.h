/* A relay on loopback in front of a server. It forwards connections. It can also end all
 * connections and leave new ones without an answer, like a server that is not ready yet. */
#ifndef TESTS_SUPPORT_TCP_RELAY_H
#define TESTS_SUPPORT_TCP_RELAY_H

typedef struct tcp_relay tcp_relay;

/* Starts a relay to that port of 127.0.0.1. Ends the test if no socket or thread can be created. */
tcp_relay *tcp_relay_new(int port);

int tcp_relay_port(const tcp_relay *relay);

/* Ends all connections. The relay accepts the next `unanswered` connections but never sends a byte
 * on them. */
void tcp_relay_cut(tcp_relay *relay, int unanswered);

/* NULL is accepted. */
void tcp_relay_free(tcp_relay *relay);

#endif
