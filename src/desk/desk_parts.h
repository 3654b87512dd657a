#pragma once

/*
 * desk_parts: what the files of the desk share.  Not for others.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/span.h"
#include "desk/desk.h"
#include "formats/json.h"
#include "node/call_wire.h"

struct arena;
struct card;
struct channel;
struct event_base;
struct evconnlistener;
struct http;
struct http_head;

/* A connection of an operator's. */
struct caller {
	struct desk *desk;
	struct http *http;
	struct visit *visit; /* its request; NULL between two */
	bool is_stranger;
	TAILQ_ENTRY(caller) link;
};
TAILQ_HEAD(callers, caller);

/* One request of an operator's, until it is answered. */
struct visit {
	struct desk *desk;
	struct caller *caller; /* NULL: has gone */
	struct arena *arena;
	struct span raw;         /* the body */
	struct json *json;       /* the same read, if it was */
	struct json_reader body; /* of json */

	/* The call that is before the registrar, and what then.  ${why} is
	 * NULL, or why there is no answer. */
	uint32_t id;
	void (*next)(struct visit *v, const struct call_reply *reply,
	    const struct error *why);

	/* A letter being made. */
	struct span peer, content;
	bool is_preview;
	unsigned tries;
	struct card *card; /* of a peer being added */

	/* Several letters. */
	struct span *letters;
	size_t letters_n, letters_done;
	struct json *leaves;
	struct span next_card; /* its content, after them */

	TAILQ_ENTRY(visit) link;
};
TAILQ_HEAD(visits, visit);

struct desk {
	const struct desk_parts *parts;
	struct event_base *base;
	struct evconnlistener *listener;
	struct channel *supervisor, *registrar;
	struct card *self;
	struct span card; /* its file */
	struct arena *arena;
	struct callers callers;
	struct visits visits;
	unsigned visits_n;
	uint32_t last_id;
	bool is_stopped, is_failed;
	struct error why; /* if is_failed */
};

/* desk.c: our card is the one in ${file}.  Fails: as card_open(). */
NODISCARD int desk_take_card(struct desk *desk, struct span file,
    struct error *err);

/* desk_callers.c: a connection just accepted.  Owns: ${fd}. */
void desk_caller_new(struct desk *desk, int fd);
void desk_callers_free(struct desk *desk);

/* desk_routes.c: of a caller's struct http_handler; see proc/http.h. */
int desk_head(void *caller, const struct http_head *head, size_t *max,
    struct error *err);
void desk_request(void *caller, const struct http_head *head, struct span body);

/* desk_visit.c */
struct visit *visit_new(struct caller *caller, struct span body);
void visit_free(struct visit *v);

/* Every visit ends with one of these, which free it. */
void visit_reply(struct visit *v, struct span json);
void visit_reply_json(struct visit *v, const struct json *json);
void visit_reply_bytes(struct visit *v, struct span bytes, bool is_complete);
void visit_fail(struct visit *v, const struct error *why);

/* Read the body as an object; an empty one is {}.  Fails: E_USAGE. */
NODISCARD int visit_read(struct visit *v, struct error *err);

/*
 * Ask the registrar for ${name} and go on with ${next}; or end the visit.
 */
void visit_call(struct visit *v, const char *name, struct span json,
    struct span bytes,
    void (*next)(struct visit *v, const struct call_reply *reply,
	const struct error *why));

/* Pass the answer on as it is. */
void visit_pass(struct visit *v, const struct call_reply *reply,
    const struct error *why);

/* ${json}, which is freed, as bytes in the visit's arena. */
struct span visit_json(struct visit *v, struct json *json);

/* desk_letters.c: what an operator authorises */
void desk_letter(struct visit *v);
void desk_peer_add(struct visit *v);
void desk_peer_reopen(struct visit *v);
void desk_credential(struct visit *v);

/* The operator's word to the keeper: that content may be sealed. */
NODISCARD int desk_authorise(struct visit *v, struct span content,
    struct error *err);

/* The text ${name} of the registrar's answer, in the visit's arena. */
NODISCARD int desk_reply_text(struct visit *v, const struct call_reply *reply,
    const char *name, struct span *out, struct error *err);
