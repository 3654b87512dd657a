#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "exchange/listen.h"

static int
set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* -1 with errno set if not all of it can be done. */
static int
listen_on(const struct addrinfo *at, bool is_any)
{
	int fd = socket(at->ai_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	int saved;

	if (fd == -1)
		return -1;
	if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) == 0 &&
	    set(fd, IPPROTO_TCP, TCP_NODELAY, 1) == 0 &&
	    (at->ai_family != AF_INET6 ||
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !is_any) == 0) &&
	    bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
	    listen(fd, LISTEN_BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* All addresses at once is one IPv6 socket for both, where there is IPv6. */
static int
listen_any(const char *service)
{
	static const int families[] = { AF_INET6, AF_INET };
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	int fd = -1;

	for (size_t i = 0; i < COUNT_OF(families) && fd == -1; i++) {
		hints.ai_family = families[i];
		if (getaddrinfo(NULL, service, &hints, &found) != 0)
			continue;
		fd = listen_on(found, true);
		freeaddrinfo(found);
	}
	return fd;
}

int
gate_listen(const char *host, uint16_t port, int *fd, struct error *err)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICSERV,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char service[8];
	int got = -1, failure;

	snprintf(service, sizeof(service), "%u", port);
	if (host == NULL) {
		got = listen_any(service);
	} else {
		failure = getaddrinfo(host, service, &hints, &found);
		if (failure != 0)
			return error_set(err, E_NET, "%s: %s", host,
			    gai_strerror(failure));
		for (struct addrinfo *a = found; a != NULL && got == -1;
		     a = a->ai_next)
			got = listen_on(a, false);
		freeaddrinfo(found);
	}
	if (got == -1)
		return error_set(err, E_NET, "listening on %s port %u: %s",
		    host == NULL ? "all addresses" : host, port,
		    strerror(errno));
	*fd = got;
	return 0;
}
