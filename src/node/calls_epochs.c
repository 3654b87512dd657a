#include "base/arena.h"
#include "base/error.h"
#include "docket/reopen.h"
#include "formats/record_json.h"
#include "node/calls.h"
#include "node/registrar_parts.h"

/* A later log of ours: what would be signed, and then that it is. */

int
call_reopen_prepare(struct calling *c, struct error *err)
{
	struct reopened reopened;
	struct span peer;

	if (calling_peer(c, &peer, err) == -1 ||
	    docket_prepare_reopening(c->docket, peer, c->now, &reopened,
		c->arena, err) == -1)
		return -1;
	json_set_text(c->out, "peer", peer);
	json_set_integer(c->out, "epoch", reopened.epoch);
	json_set_integer(c->out, "closed", (int64_t)reopened.closed);
	json_set_integer(c->out, "left-behind", (int64_t)reopened.left);
	json_set_text(c->out, "content", reopened.content);
	return 0;
}

int
call_reopen_lodge(struct calling *c, struct error *err)
{
	struct span peer;
	struct hash leaf;

	if (calling_peer(c, &peer, err) == -1)
		return -1;
	if (c->bytes.len > RECORD_CONTENT_MAX)
		return error_set(err, E_TOO_LARGE, "%zu bytes of content",
		    c->bytes.len);
	if (docket_lodge_reopening(c->docket, c->bytes, c->now, &leaf, err) ==
	    -1)
		return -1;
	json_set_text(c->out, "peer", peer);
	json_set_hash(c->out, "opening", &leaf);
	c->asked->wake = peer;
	return 0;
}
