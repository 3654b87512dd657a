#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "docket/lodge.h"
#include "formats/card.h"
#include "ledger/note.h"
#include "seal/digest.h"
#include "store/log.h"
#include "store/store.h"
#include "tests/sim/node.h"
#include "tests/sim/world.h"
#include "tests/support/faultblobs.h"
#include "tests/support/faultvfs.h"

#define JOURNAL_MAX ((size_t)64 << 20)

struct instant
node_now(const struct node *node)
{
	return instant_add(node->world->now, period_of(node->skew_s));
}

static struct instant
keeper_now(void *ctx)
{
	return node_now(ctx);
}

/* The first card: what every party tells the other out of band. */
static void
make_card(struct node *node)
{
	struct card card = { .party = span_text(node->party),
		.country = span_text(node->country),
		.endpoints_n = 1 };

	card.endpoints[0] = span_text("https://127.0.0.1:4590");
	faultnode_card(&node->card, &card, node->keeper, node_now(node));
}

static void
open_keeper(struct node *node)
{
	struct error err;

	faultnode_must(keeper_open(&node->keeper, &node->ops, node->party,
			   &err),
	    &err, "keeper");
	node->local = (struct keeper_local){ node->keeper, keeper_now, node };
	node->signer = keeper_signer(&node->local);
}

void
node_create(struct node *node, struct world *world, const char *party,
    const char *country)
{
	struct keeper_holder holder = {
		.party = party,
		.country = country,
		.is_exercise = true,
		.not_before = instant_add(world->now, period_of(-86400)),
		.not_after = instant_of(4102444800),
	};
	struct error err;

	*node =
	    (struct node){ .world = world, .party = party, .country = country };
	snprintf(node->path, sizeof(node->path), "%s.db", country);
	faultnode_files_init(&node->files, &node->journal);
	buf_init(&node->saved_journal, JOURNAL_MAX);
	node->ops = faultnode_ops(&node->files,
	    (struct random){ rng_fill, &world->rng });
	faultnode_must(keeper_create(&node->ops, &holder, &err), &err, "keys");
	open_keeper(node);
	make_card(node);
	keeper_free(node->keeper);
	node->disk = faultblobs_new(rng_next(&world->rng));
	node->blobs = faultblobs_dir(node->disk);
	faultnode_store(node->path, buf_span(&node->card), node_now(node));
	node_start(node);
}

void
node_start(struct node *node)
{
	struct docket_parts parts = { .blobs = &node->blobs,
		.signer = &node->signer };
	struct random random = { rng_fill, &node->world->rng };
	struct error err;

	open_keeper(node);
	/* A failure that was still to come is one more start that fails. */
	for (unsigned i = 0; store_open(&node->store, node->path, FAULTVFS_NAME,
				 STORE_USE, &err) == -1;
	     i++)
		faultnode_must(i < 3 ? 0 : -1, &err, "database after a crash");
	faultnode_must(store_check(node->store, &err), &err,
	    "database after a crash");
	parts.store = node->store;
	parts.random = &random;
	faultnode_must(docket_open(&node->docket, &parts, &err), &err,
	    "docket");
	node->is_up = true;
}

void
node_crash(struct node *node, bool is_power_cut)
{
	if (!node->is_up)
		return;
	if (is_power_cut) {
		faultvfs_crash(node->path, rng_next(&node->world->rng));
		faultblobs_crash(node->disk, rng_next(&node->world->rng));
	} else {
		faultvfs_kill(node->path);
	}
	docket_close(node->docket);
	store_close(node->store);
	keeper_free(node->keeper);
	node->docket = NULL;
	node->store = NULL;
	node->keeper = NULL;
	node->is_up = false;
	node->world->is_waiting[node - node->world->nodes] = false;
	node->world->crashes++;
}

void
node_save(struct node *node)
{
	struct error err;

	snprintf(node->saved, sizeof(node->saved), "%s%u.db", node->country,
	    ++node->saves);
	faultnode_must(store_backup(node->store, node->saved, &err), &err,
	    "snapshot");
	buf_clear(&node->saved_journal);
	buf_add(&node->saved_journal, buf_span(&node->journal));
}

void
node_set_back(struct node *node)
{
	node_crash(node, false);
	memcpy(node->path, node->saved, sizeof(node->path));
	faultnode_set_journal(&node->files, buf_span(&node->saved_journal));
	node->saved[0] = '\0';
	node_start(node);
}

void
node_clear(struct node *node)
{
	if (node->is_up) {
		docket_close(node->docket);
		store_close(node->store);
		keeper_free(node->keeper);
	}
	faultnode_files_clear(&node->files);
	faultblobs_free(node->disk);
	buf_clear(&node->saved_journal);
	buf_clear(&node->card);
	free(node->kept);
}

bool
node_failed(struct node *node, const struct error *err)
{
	if (store_is_writing(node->store))
		store_rollback(node->store);
	docket_rolled_back(node->docket);
	if (error_fault(err->code) == FAULT_SELF) {
		fprintf(stderr, "simulation: %s: %s (%s)\n", node->party,
		    error_text(err->code), err->detail);
		node->world->is_broken = true;
	}
	node_crash(node, false);
	return true;
}

/* A node that answers no record with a receipt: as if it had already. */
static int
withhold_receipts(struct node *node, struct error *err)
{
	struct arena *arena = arena_new();
	struct log_row *logs;
	size_t n;
	int rc = -1;

	if (store_log_all(node->store, &logs, &n, arena, err) == -1)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (logs[i].is_own)
			continue;
		logs[i].settled = logs[i].size;
		if (store_log_update(node->store, &logs[i], err) == -1)
			goto out;
	}
	rc = 0;
out:
	arena_free(arena);
	return rc;
}

/* Now and then something comes between the steps: the next turn goes on. */
static int
settle(struct node *node, struct error *err)
{
	bool is_more = true;

	while (is_more && !rng_chance(&node->world->rng, 20))
		if (docket_settle_once(node->docket, node_now(node), &is_more,
			err) == -1)
			return -1;
	return 0;
}

int
node_commit(struct node *node, struct error *err)
{
	if (node->world->is_withholding && node == &node->world->nodes[1] &&
	    withhold_receipts(node, err) == -1)
		return -1;
	if (store_commit(node->store, err) == -1)
		return -1;
	return settle(node, err);
}

static void
add_peer(struct node *node, struct node *peer)
{
	struct arena *arena = arena_new();
	const struct card *self = docket_self(peer->docket);
	struct span content;
	struct hash digest;
	struct error err;

	faultnode_must(docket_prepare_opening(node->docket,
			   buf_span(&peer->card), node_now(node), &content,
			   arena, &err),
	    &err, "opening");
	digest = digest_of(content);
	faultnode_must(keeper_pin_peer(node->keeper, span_text(peer->party),
			   self->log, &self->fingerprint, node_now(node), &err),
	    &err, "pin");
	faultnode_must(keeper_authorise(node->keeper, &digest, node_now(node),
			   &err),
	    &err, "opening");
	faultnode_must(store_begin(node->store, &err), &err, "opening");
	faultnode_must(docket_lodge_opening(node->docket, buf_span(&peer->card),
			   content, node_now(node), &err),
	    &err, "opening");
	faultnode_must(node_commit(node, &err), &err, "opening");
	arena_free(arena);
}

void
node_introduce(struct node *a, struct node *b)
{
	add_peer(a, b);
	add_peer(b, a);
}
