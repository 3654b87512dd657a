#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/cases.h"
#include "docket/docket.h"
#include "docket/epochs.h"
#include "docket/fold.h"
#include "formats/statement_json.h"
#include "store/entry.h"
#include "store/log.h"
#include "store/store.h"
#include "tests/sim/network.h"
#include "tests/sim/world.h"
#include "tests/support/faultvfs.h"

/* 2026-11-22T10:00:00Z */
#define WORLD_BEGIN_S 1795341600

/* Turns after which a world that still talks is broken. */
#define HEAL_TURNS_MAX 20000

/* Turns after which a cheat that heals tries to begin an honest log. */
#define REOPEN_TURNS 100

#define STATEMENT_BYTES_MAX ((size_t)1 << 20)

void
world_init(struct world *world, uint64_t seed, const struct hardship *hardship)
{
	*world = (struct world){ .seed = seed,
		.rng = { seed },
		.now = { WORLD_BEGIN_S },
		.hardship = *hardship };
	rng_take_over(&world->rng);
	faultvfs_register();
	faultvfs_reset(rng_next(&world->rng));
	node_create(&world->nodes[0], world, "cert.north.example", "XN");
	node_create(&world->nodes[1], world, "cert.south.example", "XS");
	node_introduce(&world->nodes[0], &world->nodes[1]);
	world->is_honest = !hardship->has_cheat;
	world->is_withholding =
	    hardship->has_cheat && rng_chance(&world->rng, 30);
	world->leaves_out = hardship->has_cheat && hardship->reopen > 0 &&
	    rng_chance(&world->rng, 50);
}

void
world_clear(struct world *world)
{
	network_clear(world);
	for (unsigned i = 0; i < 2; i++)
		node_clear(&world->nodes[i]);
}

static void
fail_disk(struct world *world, const struct node *node)
{
	enum faultvfs_operation operation =
	    rng_chance(&world->rng, 50) ? FAULTVFS_WRITE : FAULTVFS_SYNC;

	faultvfs_fail(node->path, operation,
	    1 + (unsigned)rng_below(&world->rng, 10), false);
}

static void
suffer(struct world *world, struct node *node)
{
	const struct hardship *h = &world->hardship;

	if (rng_chance(&world->rng, h->partition))
		world->is_parted = !world->is_parted;
	if (rng_chance(&world->rng, h->crash))
		node_crash(node, rng_chance(&world->rng, h->power_cut));
	if (node->is_up && rng_chance(&world->rng, h->disk))
		fail_disk(world, node);
	if (rng_chance(&world->rng, h->set_back))
		world_set_back(world, node);
	/* Forward only: the keeper stops a clock that goes back. */
	if (rng_chance(&world->rng, h->clock))
		node->skew_s += (int64_t)rng_below(&world->rng, 3600);
}

static void
project(struct node *node)
{
	struct error err;

	if (node->is_up && docket_cases_settle(node->docket, &err) == -1)
		(void)node_failed(node, &err);
}

static void
reopen(struct world *world, struct node *node)
{
	if (node == &world->nodes[1] && world->leaves_out &&
	    world->below.size == 0)
		world_begin_below(world);
	else
		world_reopen(world, node);
}

void
world_step(struct world *world)
{
	unsigned i = (unsigned)rng_below(&world->rng, 2);
	struct node *node = &world->nodes[i];

	world->now = instant_add(world->now,
	    period_of((int64_t)rng_below(&world->rng, 5)));
	if (rng_chance(&world->rng, 1))
		world->now = instant_add(world->now,
		    period_of((int64_t)rng_below(&world->rng, 40000)));
	suffer(world, node);
	if (!node->is_up && rng_chance(&world->rng, 30))
		node_start(node);
	if (rng_chance(&world->rng, 25))
		world_lodge(world, node);
	if (rng_chance(&world->rng, world->hardship.keys))
		world_renew(world, node);
	if (rng_chance(&world->rng, world->hardship.reopen))
		reopen(world, node);
	if (world->hardship.has_cheat && rng_chance(&world->rng, 6))
		world_cheat(world);
	if (rng_chance(&world->rng, 8))
		project(node);
	network_ask(world, i);
	network_move(world);
	network_give_up(world);
}

static bool
is_all_said(struct world *world)
{
	for (unsigned i = 0; i < 2; i++) {
		struct node *node = &world->nodes[i];
		struct delivery_state state;
		struct arena *arena = arena_new();
		struct error err;
		bool is_done;

		is_done = docket_delivery(node->docket,
			      span_text(world->nodes[1 - i].party), &state,
			      arena, &err) == 0 &&
		    state.is_checked && state.documents == 0 &&
		    state.mirrored == state.size;
		arena_free(arena);
		if (!is_done)
			return false;
	}
	return true;
}

void
world_heal(struct world *world)
{
	world->hardship = (struct hardship){ .loss = 0 };
	world->is_parted = false;
	world->is_withholding = false;
	faultvfs_fail("", FAULTVFS_WRITE, 0, false);
	faultvfs_fail("", FAULTVFS_SYNC, 0, false);
	for (unsigned turn = 0; turn < HEAL_TURNS_MAX; turn++) {
		world->now = instant_add(world->now, period_of(1));
		for (unsigned i = 0; i < 2; i++) {
			if (!world->nodes[i].is_up)
				node_start(&world->nodes[i]);
			network_ask(world, i);
		}
		network_move(world);
		network_give_up(world);
		/* Refused, it can only begin another one that is in order. */
		if (world->below.size > 0 && turn % REOPEN_TURNS == 0)
			world_reopen(world, &world->nodes[1]);
		if (world->nodes[0].is_up && world->nodes[1].is_up &&
		    is_all_said(world))
			return;
	}
	fprintf(stderr, "simulation: they never stop talking\n");
	world->is_broken = true;
}

struct comparison {
	struct world *world;
	struct node *mirror;
	int64_t log;
	bool is_same;
};

static int
compare_entry(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct comparison *c = ctx;
	struct arena *arena = arena_new();
	struct entry_row *other;

	if (store_entry_get(c->mirror->store, c->log, entry->index, &other,
		arena, err) == -1 ||
	    other == NULL || !span_is_equal(other->der, entry->der) ||
	    other->verdict != entry->verdict) {
		fprintf(stderr, "simulation: entry %llu differs: %s, %s\n",
		    (unsigned long long)entry->index,
		    error_name(entry->verdict),
		    other == NULL ? "missing" : error_name(other->verdict));
		c->is_same = false;
	}
	if (c->world->is_honest && entry->verdict != E_NONE) {
		fprintf(stderr,
		    "simulation: an honest entry is set aside: "
		    "%s\n",
		    error_name(entry->verdict));
		c->is_same = false;
	}
	arena_free(arena);
	return 0;
}

/* Both nodes hold the same log, to the byte, and judge it alike. */
static bool
check_logs(struct world *world, unsigned writer)
{
	struct node *node = &world->nodes[writer];
	struct comparison c = { world, &world->nodes[1 - writer], 0, true };
	struct arena *arena = arena_new();
	struct log_row *own, *theirs;
	struct error err;

	if (store_log_of(node->store, span_text(c.mirror->party), true, &own,
		arena, &err) == -1 ||
	    store_log_of(c.mirror->store, span_text(node->party), false,
		&theirs, arena, &err) == -1 ||
	    own->size != theirs->size || theirs->is_forked ||
	    theirs->mirrored != theirs->size) {
		fprintf(stderr,
		    "simulation: logs of different size, or no line\n");
		c.is_same = false;
	} else {
		c.log = theirs->id;
		if (store_entry_range(node->store, own->id, 0, own->size,
			compare_entry, &c, &err) == -1)
			c.is_same = false;
	}
	arena_free(arena);
	return c.is_same;
}

/* What north has signed for counts, whatever south says its log was. */
static bool
check_below(struct world *world)
{
	struct span south = span_text(world->nodes[1].party);
	struct arena *arena = arena_new();
	struct log_row *logs;
	struct error err;
	size_t n;
	bool is_good;

	is_good = store_log_peer(world->nodes[0].store, south, &logs, &n, arena,
		      &err) == 0;
	for (size_t i = 0; is_good && i < n; i++)
		if (!logs[i].is_own && logs[i].epoch == world->below.epoch)
			is_good = epoch_end(&logs[i]) >= world->below.size;
	if (!is_good)
		fprintf(stderr, "simulation: what was signed is left out\n");
	arena_free(arena);
	return is_good;
}

/* What an operator was told stands in the log, valid. */
static bool
check_kept(struct world *world, struct node *node)
{
	struct span peer = span_text(world->nodes[node == world->nodes].party);
	bool is_good = true;

	/* A cheat may have lodged in a log that never was one. */
	if (node == &world->nodes[1] && world->below.size > 0)
		return true;
	for (size_t i = 0; i < node->kept_n; i++) {
		struct arena *arena = arena_new();
		struct entry_row *row;
		struct error err;

		if (store_entry_find(node->store, peer, &node->kept[i].leaf,
			&row, arena, &err) == -1 ||
		    row == NULL || row->verdict != E_NONE) {
			fprintf(stderr, "simulation: a record was lost\n");
			is_good = false;
		}
		arena_free(arena);
	}
	return is_good;
}

static bool
rebuild(struct node *node, bool *is_same)
{
	char before[65], after[65];
	struct error err;

	if (store_projection_digest(node->store, before, &err) == -1 ||
	    store_begin(node->store, &err) == -1 ||
	    store_clear_projections(node->store, &err) == -1 ||
	    docket_rebuild(node->docket, &err) == -1 ||
	    store_commit(node->store, &err) == -1 ||
	    store_projection_digest(node->store, after, &err) == -1) {
		fprintf(stderr, "simulation: rebuild: %s (%s)\n",
		    error_text(err.code), err.detail);
		return false;
	}
	*is_same = strcmp(before, after) == 0;
	return true;
}

static bool
check_rebuild(struct node *node)
{
	bool is_same;

	if (!rebuild(node, &is_same))
		return false;
	if (!is_same)
		fprintf(stderr, "simulation: rebuild differs\n");
	return is_same;
}

/*
 * A cheat that closed its log too early judged by that what north wrote
 * meanwhile; it has to think again.
 */
static bool
come_clean(struct world *world)
{
	bool is_same;

	return world->below.size == 0 || rebuild(&world->nodes[1], &is_same);
}

static bool
write_figures(struct world *world, unsigned i, struct buf *heads,
    struct buf *out)
{
	struct node *node = &world->nodes[i];
	struct figures figures = { .from = { WORLD_BEGIN_S - 86400 },
		.is_exercise = true };
	struct arena *arena = arena_new();
	struct statement statement;
	struct error err;
	bool is_good = false;

	figures.peer = span_text(world->nodes[1 - i].party);
	figures.to = figures.as_of = instant_add(world->now, period_of(-1000));
	if (i == 0) {
		if (docket_heads(node->docket, figures.peer, &figures.heads,
			arena, &err) == -1)
			goto out;
		docket_heads_write(heads, &figures.heads);
	} else if (docket_heads_read(node->docket, figures.peer,
		       buf_span(heads), &figures.heads, arena, &err) == -1) {
		goto out;
	}
	if (docket_statement(node->docket, &figures, &statement, arena, &err) ==
	    -1)
		goto out;
	statement_json_write(out, &statement);
	is_good = true;
out:
	if (!is_good)
		fprintf(stderr, "simulation: figures: %s (%s)\n",
		    error_text(err.code), err.detail);
	arena_free(arena);
	return is_good;
}

static bool
check_figures(struct world *world)
{
	struct buf heads, out[2];
	bool is_good;

	buf_init(&heads, 4096);
	buf_init(&out[0], STATEMENT_BYTES_MAX);
	buf_init(&out[1], STATEMENT_BYTES_MAX);
	is_good = write_figures(world, 0, &heads, &out[0]) &&
	    write_figures(world, 1, &heads, &out[1]) &&
	    span_is_equal(buf_span(&out[0]), buf_span(&out[1]));
	if (!is_good)
		fprintf(stderr, "simulation: the figures differ\n");
	buf_clear(&heads);
	buf_clear(&out[0]);
	buf_clear(&out[1]);
	return is_good;
}

bool
world_check(struct world *world)
{
	bool is_good = !world->is_broken && come_clean(world);

	for (unsigned i = 0; i < 2; i++) {
		is_good = check_logs(world, i) && is_good;
		is_good = check_kept(world, &world->nodes[i]) && is_good;
	}
	is_good = check_below(world) && is_good;
	is_good = check_figures(world) && is_good;
	for (unsigned i = 0; i < 2; i++)
		is_good = world_check_projection(world, i) && is_good;
	for (unsigned i = 0; i < 2; i++)
		is_good = check_rebuild(&world->nodes[i]) && is_good;
	return check_figures(world) && is_good;
}
