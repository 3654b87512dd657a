#include "base/arena.h"
#include "base/error.h"
#include "docket/deliver.h"
#include "ledger/tree.h"
#include "store/entry.h"
#include "store/head.h"
#include "store/log.h"
#include "store/store.h"
#include "tests/sim/network.h"
#include "tests/sim/world.h"

/* Turns within which a peer that is there has answered. */
#define ASK_TURNS_MAX 500

/* A snapshot is taken three times as often as one is gone back to. */
#define SAVE_CHANCE 75

/* It waited three tries or ten seconds: then its peer was not there. */
static bool
has_given_up(struct world *world, unsigned i)
{
	struct node *node = &world->nodes[i];
	struct arena *arena = arena_new();
	struct delivery_state state;
	struct error err;
	bool is;

	is = docket_delivery(node->docket, span_text(world->nodes[1 - i].party),
		 &state, arena, &err) == 0 &&
	    !state.is_checked && !state.is_held_back;
	arena_free(arena);
	return is;
}

static bool
is_checked(struct world *world, unsigned i)
{
	struct node *node = &world->nodes[i];
	struct arena *arena = arena_new();
	struct delivery_state state;
	struct error err;
	bool is;

	is = docket_delivery(node->docket, span_text(world->nodes[1 - i].party),
		 &state, arena, &err) == 0 &&
	    state.is_checked;
	arena_free(arena);
	return is;
}

/* No head of ${log}, proven or not, is of more than is held of it. */
static bool
is_log_held(struct node *peer, const struct log_row *log, struct arena *arena)
{
	struct head_row *seen;
	struct error err;

	if (log->is_own || log->is_closed)
		return true;
	if (log->head != log->size || log->mirrored != log->size)
		return false;
	return store_head_seen(peer->store, log->id, TREE_SIZE_MAX, &seen,
		   arena, &err) == 0 &&
	    (seen == NULL || seen->size <= log->size);
}

/* All that it ever showed is held by the peer, and nothing is on its way. */
static bool
is_all_held(struct world *world, unsigned i)
{
	struct node *peer = &world->nodes[1 - i];
	struct arena *arena = arena_new();
	struct log_row *logs;
	struct error err;
	size_t n;
	bool is;

	is = store_log_peer(peer->store, span_text(world->nodes[i].party),
		 &logs, &n, arena, &err) == 0;
	for (size_t k = 0; is && k < n; k++)
		is = is_log_held(peer, &logs[k], arena);
	arena_free(arena);
	for (size_t k = 0; k < WORLD_FLIGHTS_MAX; k++)
		is = is &&
		    (!world->flights[k].is_used || world->flights[k].from != i);
	return is;
}

static bool
holds(struct node *node, const struct node *peer, const struct hash *leaf)
{
	struct arena *arena = arena_new();
	struct entry_row *row;
	struct error err;
	bool is;

	is = store_entry_find(node->store, span_text(peer->party), leaf, &row,
		 arena, &err) == 0 &&
	    row != NULL;
	arena_free(arena);
	return is;
}

/* What neither disk has any more is lost; an operator is told. */
static void
forget_lost(struct world *world, unsigned i)
{
	struct node *node = &world->nodes[i], *peer = &world->nodes[1 - i];
	size_t n = 0;

	for (size_t k = 0; k < node->kept_n; k++)
		if (holds(node, peer, &node->kept[k].leaf) ||
		    holds(peer, node, &node->kept[k].leaf))
			node->kept[n++] = node->kept[k];
	node->kept_n = n;
}

void
world_set_back(struct world *world, struct node *node)
{
	unsigned i = (unsigned)(node - world->nodes);

	if (!world->nodes[0].is_up || !world->nodes[1].is_up ||
	    !is_checked(world, 0) || !is_checked(world, 1))
		return;
	if (node->saved[0] == '\0' || rng_chance(&world->rng, SAVE_CHANCE)) {
		node_save(node);
		return;
	}
	if (!is_all_held(world, i))
		return;
	node_set_back(node);
	forget_lost(world, i);
	world->setbacks++;
	/* No leap of the clock until it was heard; both go on meanwhile. */
	for (unsigned turn = 0; turn < ASK_TURNS_MAX; turn++) {
		if (is_checked(world, i))
			return;
		if (has_given_up(world, i)) {
			world->is_void = true;
			return;
		}
		world->now = instant_add(world->now, period_of(1));
		world_lodge(world, &world->nodes[rng_below(&world->rng, 2)]);
		network_ask(world, i);
		network_ask(world, 1 - i);
		network_move(world);
		network_give_up(world);
		for (unsigned k = 0; k < 2; k++)
			if (!world->nodes[k].is_up)
				node_start(&world->nodes[k]);
	}
	world->is_broken = true;
}
