#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "proc/notify.h"

/* sd_notify(3): a path, or "@name" for a socket in the abstract namespace. */
static int
address_parse(struct sockaddr_un *out, socklen_t *size, const char *name,
    struct error *err)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(out->sun_path))
		return error_set(err, E_PROC, "NOTIFY_SOCKET is \"%.64s\"",
		    name);
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(out->sun_path, name, len);
	if (name[0] == '@')
		out->sun_path[0] = '\0';
	*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
	    (name[0] == '/'));
	return 0;
}

int
notify_send(const char *state, struct error *err)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to;
	socklen_t size = 0;
	int fd, rc = 0;

	if (name == NULL || name[0] == '\0')
		return 0;
	if (address_parse(&to, &size, name, err) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return error_set(err, E_PROC, "socket: %s", strerror(errno));
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		(struct sockaddr *)&to, size) == -1)
		rc = error_set(err, E_PROC, "%.64s: %s", name, strerror(errno));
	close(fd);
	return rc;
}

static void
send_or_log(const char *state)
{
	struct error err;

	if (notify_send(state, &err) == -1)
		log_error("the service manager was not told", &err);
}

void
notify_ready(const char *status)
{
	char state[NOTIFY_STATE_MAX];

	snprintf(state, sizeof(state), "READY=1\nSTATUS=%s", status);
	send_or_log(state);
}

void
notify_stopping(void)
{
	send_or_log("STOPPING=1");
}
