#pragma once

/*
 * hostile: servers with SOUTH's TLS key that answer by the path, most of them
 * badly.
 */

#include <sys/types.h>

/* How a server goes about TLS. */
enum manner {
	MANNER_GOOD,
	MANNER_OLD,     /* TLS 1.2 at most */
	MANNER_REFUSE,  /* no certificate is good enough */
	MANNER_GARBAGE, /* not TLS at all */
	MANNER_SILENT,
};

struct server {
	pid_t pid;
	char endpoint[64];
};

/* What all servers counted, in memory that they share with the test. */
extern struct server_seen {
	unsigned connections, requests;
} * server_seen;

/* Count from nothing; before the first server. */
void server_forget(void);

/* Failures end the program. */
void server_open(struct server *server, enum manner manner);
void server_close(struct server *server);
