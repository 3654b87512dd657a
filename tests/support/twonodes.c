#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "docket/lodge.h"
#include "formats/card.h"
#include "seal/digest.h"
#include "store/store.h"
#include "tests/support/authority.h"
#include "tests/support/faultblobs.h"
#include "tests/support/faultvfs.h"
#include "tests/support/twonodes.h"

void
two_must(int rc, const struct error *err, const char *what)
{
	faultnode_must(rc, err, what);
}

/* splitmix64 */
static void
fill_chance(void *ctx, uint8_t *out, size_t len)
{
	uint64_t *state = ctx;

	for (size_t i = 0; i < len; i++) {
		uint64_t z = *state += 0x9e3779b97f4a7c15u;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		out[i] = (uint8_t)(z ^ (z >> 31));
	}
}

struct instant
two_now(const struct two_node *node)
{
	return instant_add(node->two->now, period_of(node->skew_s));
}

void
two_later(struct two *two, int64_t seconds)
{
	two->now = instant_add(two->now, period_of(seconds));
}

static struct instant
keeper_now(void *ctx)
{
	return two_now(ctx);
}

static void
make_card(struct two_node *node)
{
	unsigned n =
	    node->endpoints == NULL ? 1 : (unsigned)(node->endpoints[0] - '0');
	struct card card = { .party = span_text(node->party),
		.country = span_text(node->country),
		.endpoints_n = n };

	for (unsigned i = 0; i < n; i++)
		card.endpoints[i] = span_text(arena_printf(node->two->arena,
		    "https://127.0.0.1:%u", 4590 + i));
	for (size_t i = 0; node->issued != NULL && i < node->issued->above_n;
	     i++)
		card.anchors[card.anchors_n++] = node->issued->above[i];
	faultnode_card(&node->card, &card, node->keeper, two_now(node));
}

static void
open_keeper(struct two_node *node)
{
	struct error err;

	two_must(keeper_open(&node->keeper, &node->ops, node->party, &err),
	    &err, "keeper");
	node->local = (struct keeper_local){ node->keeper, keeper_now, node };
	node->signer = keeper_signer(&node->local);
}

static void
make_node(struct two_node *node)
{
	struct keeper_holder holder = {
		.party = node->party,
		.country = node->country,
		.is_exercise = true,
		.not_before = instant_add(node->two->now, period_of(-86400)),
		.not_after = instant_of(4102444800),
	};
	struct error err;

	if (node->issued != NULL) {
		holder.seal_key = node->issued->key;
		holder.seal_certificate = node->issued->certificate;
	}
	snprintf(node->path, sizeof(node->path), "%s.db", node->country);
	faultnode_files_init(&node->files, &node->journal);
	node->files.log_seed = node->log_seed;
	node->ops = faultnode_ops(&node->files,
	    (struct random){ fill_chance, &node->two->chance });
	two_must(keeper_create(&node->ops, &holder, &err), &err, "keys");
	open_keeper(node);
	make_card(node);
	keeper_free(node->keeper);
	node->disk = faultblobs_new(1);
	node->blobs = faultblobs_dir(node->disk);
	faultnode_store(node->path, buf_span(&node->card), two_now(node));
	two_start(node);
}

void
two_start(struct two_node *node)
{
	struct docket_parts parts = {
		.blobs = &node->blobs,
		.signer = &node->signer,
		.is_restored = node->is_restored,
	};
	struct random random = { fill_chance, &node->two->chance };
	struct error err;

	open_keeper(node);
	two_must(store_open(&node->store, node->path, FAULTVFS_NAME, STORE_USE,
		     &err),
	    &err, "database");
	parts.store = node->store;
	parts.random = &random;
	two_must(docket_open(&node->docket, &parts, &err), &err, "docket");
}

void
two_stop(struct two_node *node)
{
	docket_close(node->docket);
	store_close(node->store);
	keeper_free(node->keeper);
	node->docket = NULL;
	node->store = NULL;
	node->keeper = NULL;
}

void
two_restart(struct two_node *node, bool is_power_cut)
{
	if (is_power_cut) {
		faultvfs_crash(node->path, 7);
		faultblobs_crash(node->disk, 7);
	} else {
		faultvfs_kill(node->path);
	}
	two_stop(node);
	two_start(node);
}

void
two_begin(struct two *two, unsigned n)
{
	static const char *const names[TWO_COUNT][2] = {
		{ "cert.north.example", "XN" },
		{ "cert.south.example", "XS" },
		{ "cert.east.example", "XE" },
	};

	two->now = instant_of(TWO_BEGIN_S);
	two->chance = 1;
	two->arena = arena_new();
	two->n = n;
	faultvfs_register();
	faultvfs_reset(1);
	for (unsigned i = 0; i < n; i++) {
		two->nodes[i].two = two;
		two->nodes[i].party = names[i][0];
		two->nodes[i].country = names[i][1];
		make_node(&two->nodes[i]);
	}
}

void
two_introduce_one(struct two_node *node, struct two_node *peer)
{
	struct arena *arena = node->two->arena;
	const struct card *self = docket_self(peer->docket);
	struct span content;
	struct hash digest;
	struct error err;

	two_must(docket_prepare_opening(node->docket, buf_span(&peer->card),
		     two_now(node), &content, arena, &err),
	    &err, "opening");
	digest = digest_of(content);
	two_must(keeper_pin_peer(node->keeper, span_text(peer->party),
		     self->log, &self->fingerprint, two_now(node), &err),
	    &err, "pin");
	two_must(keeper_authorise(node->keeper, &digest, two_now(node), &err),
	    &err, "opening");
	two_turn_begin(node);
	two_must(docket_lodge_opening(node->docket, buf_span(&peer->card),
		     content, two_now(node), &err),
	    &err, "opening");
	two_turn_end(node);
}

void
two_introduce(struct two_node *a, struct two_node *b)
{
	two_introduce_one(a, b);
	two_introduce_one(b, a);
	two_ask(a);
	two_ask(b);
}

void
two_open(struct two *two, unsigned n)
{
	*two = (struct two){ .n = 0 };
	two_begin(two, n);
	for (unsigned i = 1; i < n; i++)
		two_introduce(&two->nodes[0], &two->nodes[i]);
}

void
two_close(struct two *two)
{
	for (unsigned i = 0; i < two->n; i++) {
		struct two_node *node = &two->nodes[i];

		two_stop(node);
		faultnode_files_clear(&node->files);
		faultblobs_free(node->disk);
		buf_clear(&node->card);
	}
	arena_free(two->arena);
	*two = (struct two){ .n = 0 };
}
