#include "base/error.h"
#include "desk/check.h"
#include "desk/desk_parts.h"
#include "formats/card.h"
#include "formats/record_json.h"

/* The next log to a peer: prepared, shown or authorised, and begun. */

static void prepared(struct visit *v, const struct call_reply *reply,
    const struct error *why);

/* What is left behind may have changed: the operator has not seen that. */
static void
lodged(struct visit *v, const struct call_reply *reply, const struct error *why)
{
	if (why != NULL && why->code == E_ANCHOR_STALE &&
	    ++v->tries < DESK_TRIES_MAX)
		visit_call(v, "reopen-prepare", v->raw, span_of(NULL, 0),
		    prepared);
	else
		visit_pass(v, reply, why);
}

static void
prepared(struct visit *v, const struct call_reply *reply,
    const struct error *why)
{
	struct error err;

	if (why != NULL)
		visit_fail(v, why);
	else if (desk_reply_text(v, reply, "content", &v->content, &err) ==
		-1 ||
	    desk_check_reopening(v->desk->self, v->peer, v->content, v->arena,
		&err) == -1 ||
	    (!v->is_preview && desk_authorise(v, v->content, &err) == -1))
		visit_fail(v, &err);
	else if (v->is_preview)
		visit_pass(v, reply, NULL);
	else
		visit_call(v, "reopen-lodge", v->raw, v->content, lodged);
}

void
desk_peer_reopen(struct visit *v)
{
	struct error err;

	if (json_get_text(&v->peer, &v->body, "peer", JSON_REQUIRED,
		CARD_PARTY_MAX, &err) == -1 ||
	    json_get_flag(&v->is_preview, &v->body, "preview", JSON_OPTIONAL,
		&err) == -1)
		visit_fail(v, &err);
	else
		visit_call(v, "reopen-prepare", v->raw, span_of(NULL, 0),
		    prepared);
}
