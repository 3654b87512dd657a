#include "base/arena.h"
#include "base/error.h"
#include "node/calls.h"
#include "proof/bundle.h"
#include "proof/make.h"
#include "store/entry.h"

/* Bytes of a claim's name. */
#define CLAIM_NAME_MAX ((size_t)32)

static int
read_claims(struct calling *c, unsigned *claims, struct error *err)
{
	struct json_list list = { .n = 0 };

	if (json_get_list(&list, &c->in, "claims", JSON_OPTIONAL,
		PROOF_CLAIM_COUNT, err) == -1)
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		enum proof_claim claim;
		struct span name;

		if (json_list_text(&name, &list, i, CLAIM_NAME_MAX, err) ==
			-1 ||
		    proof_claim_find(&claim, name, err) == -1)
			return -1;
		*claims |= 1u << claim;
	}
	return 0;
}

/* The record or case it is about; only a fork needs none. */
static int
read_subject(struct calling *c, struct proof_order *order, struct error *err)
{
	struct span name = { NULL, 0 };
	struct found found;

	if (json_get_text(&name, &c->in, "case", JSON_OPTIONAL, HASH_TEXT_MAX,
		err) == -1)
		return -1;
	if (name.len == 0)
		return calling_peer(c, &order->peer, err);
	if (calling_find(c, name, false, &found, err) == -1)
		return -1;
	order->peer = found.peer;
	order->record = found.leaf;
	order->is_case = found.entry->has_case &&
	    hash_is_equal(&found.entry->case_hash, &found.leaf);
	return 0;
}

static int
read_order(struct calling *c, struct proof_order *order, struct error *err)
{
	*order = (struct proof_order){ .claims = 0 };
	order->has_until = json_has(&c->in, "until");
	if (read_subject(c, order, err) == -1 ||
	    read_claims(c, &order->claims, err) == -1 ||
	    json_get_instant(&order->until, &c->in, "until", JSON_OPTIONAL,
		err) == -1 ||
	    json_get_flag(&order->with_text, &c->in, "text", JSON_OPTIONAL,
		err) == -1)
		return -1;
	return json_get_flag(&order->with_documents, &c->in, "documents",
	    JSON_OPTIONAL, err);
}

int
call_bundle(struct calling *c, struct error *err)
{
	struct proof_order order;
	struct bundle bundle;
	struct json *files;

	if (read_order(c, &order, err) == -1 ||
	    proof_make(&bundle, c->docket, c->store, &order, c->arena, err) ==
		-1)
		return -1;
	files = json_array_new();
	for (size_t i = 0; i < bundle.n; i++) {
		struct json *file = json_object_new();

		json_set_text(file, "name", bundle.files[i].name);
		json_set_base64(file, "base64", bundle.files[i].bytes);
		json_add_json(files, file);
	}
	json_set_json(c->out, "files", files);
	return 0;
}
