#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/internal.h"
#include "docket/serve_internal.h"
#include "formats/problem.h"
#include "store/head.h"
#include "store/store.h"

/* The addresses of a node; a prefix ends in "/". */
static const struct route {
	const char *path;
	bool is_prefix;
	unsigned methods; /* a set of 1 << enum serve_method */
	int (*call)(struct docket *docket, struct serve_call *call,
	    struct error *err);
} routes[] = {
	/* clang-format off */
	{ "/add-checkpoint", false, 1 << SERVE_POST, serve_add_checkpoint },
	{ "/add-entries", false, 1 << SERVE_POST, serve_add_entries },
	{ "/documents", false, 1 << SERVE_POST, serve_documents },
	{ "/documents/", true,
	    1 << SERVE_GET | 1 << SERVE_HEAD | 1 << SERVE_PATCH,
	    serve_document },
	{ "/card", false, 1 << SERVE_GET | 1 << SERVE_HEAD, serve_card },
	{ "/", true, 1 << SERVE_GET | 1 << SERVE_HEAD, serve_log_file },
	/* clang-format on */
};

/* NULL if there is nothing. */
static const struct route *
find_route(struct span path)
{
	for (size_t i = 0; i < COUNT_OF(routes); i++) {
		struct span at = span_text(routes[i].path);

		if (routes[i].is_prefix ? span_has_prefix(path, at) :
					  span_is_equal(path, at))
			return &routes[i];
	}
	return NULL;
}

unsigned
serve_methods(struct span path)
{
	const struct route *route = find_route(path);

	return route == NULL ? 0 : route->methods;
}

static int
dispatch(struct docket *docket, struct serve_call *call, struct error *err)
{
	const struct serve_request *request = call->request;
	const struct route *route = find_route(request->path);

	if (docket_peer_state(docket, request->peer) == NULL)
		return error_set(err, E_PEER_UNKNOWN, "no such peer");
	if (route == NULL)
		return error_set(err, E_ROUTE, "no such address");
	if ((route->methods & 1u << request->method) == 0)
		return error_set(err, E_METHOD, "%s", route->path);
	return route->call(docket, call, err);
}

/* A peer learns code and text, never our detail. */
static void
refuse(struct serve_reply *reply, const struct error *err, struct arena *arena)
{
	struct buf buf;

	reply->code = err->code;
	reply->status = error_http(err->code);
	if (reply->type != NULL) /* the protocol's own body for it */
		return;
	buf_init(&buf, PROBLEM_MAX);
	problem_write(&buf, err, false);
	reply->type = PROBLEM_MEDIA_TYPE;
	reply->body = arena_copy(arena, buf_span(&buf));
	buf_clear(&buf);
}

int
docket_serve(struct docket *docket, const struct serve_request *request,
    struct instant now, struct serve_reply *reply, struct arena *arena,
    struct error *err)
{
	struct serve_call call = { request, reply, now, arena };
	struct error fault;

	*reply = (struct serve_reply){ .status = 200 };
	if (dispatch(docket, &call, &fault) == 0)
		return 0;
	if (error_fault(fault.code) == FAULT_PEER ||
	    error_fault(fault.code) == FAULT_OPERATOR || fault.code == E_BUSY) {
		refuse(reply, &fault, arena);
		return 0;
	}
	*err = fault;
	return -1;
}

/* A line of ours on the head asked for, by a key that still counts. */
static int
find_line(struct docket *docket, const struct serve_reply *reply,
    struct line_row **line, struct arena *arena, struct error *err)
{
	struct log_row *own, *theirs;
	struct note_key *keys;
	struct view view;
	size_t n;

	if (store_log_of(docket->parts.store, reply->peer, true, &own, arena,
		err) == -1)
		return -1;
	if (own == NULL)
		return error_set(err, E_STORE_CORRUPT, "half a docket");
	if (docket_other_log(docket, own, &theirs, arena, err) == -1)
		return -1;
	view = (struct view){ own, own->size, { 0, 0 } };
	*line = NULL;
	if (theirs->id != reply->log)
		return 0;
	if (lines_keys(docket, &view, theirs, &keys, &n, arena, err) == -1)
		return -1;
	return lines_pick(docket, theirs, reply->size, keys, n, line, arena,
	    err);
}

int
docket_serve_finish(struct docket *docket, struct serve_reply *reply,
    struct arena *arena, struct error *err)
{
	struct line_row *line;
	struct error busy;

	if (!reply->wants_line)
		return 0;
	if (find_line(docket, reply, &line, arena, err) == -1)
		return -1;
	/* A line on a larger head covers it as well; the sender takes it
	 * only for the head that it knows. */
	if (line == NULL) {
		error_set(&busy, E_BUSY, "no mirror line on that head");
		refuse(reply, &busy, arena);
		return 0;
	}
	reply->type = "text/plain; charset=utf-8";
	reply->body = line->line;
	return 0;
}
