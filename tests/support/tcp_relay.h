/* A relay on loopback in front of a server: it forwards connections, and can end them all and leave
 * new ones without an answer, as a server does that is not ready yet. */
#ifndef TESTS_SUPPORT_TCP_RELAY_H
#define TESTS_SUPPORT_TCP_RELAY_H

typedef struct tcp_relay tcp_relay;

/* Relays to that port of 127.0.0.1. Ends the test if no socket or thread can be created. */
tcp_relay *tcp_relay_new(int port);

int tcp_relay_port(const tcp_relay *relay);

/* Ends what is connected. The next unanswered connections are accepted, and no byte ever comes back
 * from them. */
void tcp_relay_cut(tcp_relay *relay, int unanswered);

/* NULL is accepted. */
void tcp_relay_free(tcp_relay *relay);

#endif
