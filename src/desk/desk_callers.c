#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "desk/desk_parts.h"
#include "proc/http.h"

/* What was asked goes on without the caller. */
static void
caller_free(struct caller *caller)
{
	if (caller->visit != NULL)
		caller->visit->caller = NULL;
	TAILQ_REMOVE(&caller->desk->callers, caller, link);
	http_free(caller->http);
	free(caller);
}

static void
on_closed(void *ctx)
{
	caller_free(ctx);
}

static const struct http_handler handler = {
	.head = desk_head,
	.request = desk_request,
	.closed = on_closed,
	.tells_detail = true,
};

/* Only the owner of the home, and root. */
static bool
is_stranger(const struct desk *desk, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == -1 ||
	    (who.uid != desk->parts->owner && who.uid != 0);
}

void
desk_caller_new(struct desk *desk, int fd)
{
	struct caller *caller = mem_new(sizeof(*caller));
	struct bufferevent *bev = bufferevent_socket_new(desk->base, fd,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);

	if (bev == NULL)
		mem_die("out of memory");
	caller->desk = desk;
	caller->is_stranger = is_stranger(desk, fd);
	caller->http =
	    http_new(bev, &handler, caller, (int64_t)DESK_TIMEOUT_S * 1000);
	TAILQ_INSERT_TAIL(&desk->callers, caller, link);
}

void
desk_callers_free(struct desk *desk)
{
	struct caller *next;

	for (struct caller *c = TAILQ_FIRST(&desk->callers); c != NULL;
	     c = next) {
		next = TAILQ_NEXT(c, link);
		caller_free(c);
	}
}
