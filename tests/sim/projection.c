#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/case_state.h"
#include "docket/cases.h"
#include "docket/epochs.h"
#include "formats/statement_json.h"
#include "store/cases.h"
#include "store/entry.h"
#include "store/log.h"
#include "store/store.h"
#include "tests/sim/world.h"

/* The projection of cases is what folding every record anew would give. */

#define STATEMENT_BYTES_MAX ((size_t)1 << 20)
#define MOMENTS 4

struct checking {
	struct node *node;
	struct span peer;
	struct instant at;
	struct folding *folding;
	struct log_row *logs[2]; /* by side */
	unsigned ours;
	uint64_t cases;
	struct cases_tally tally; /* from the folded ones */
	struct arena *arena;      /* of one case */
	bool is_good;
};

static void
complain(struct checking *c, const struct hash *name, const char *what)
{
	char text[HASH_TEXT_MAX];

	fprintf(stderr, "simulation: case %.8s of %s: %s\n",
	    hash_write(name, text), c->node->party, what);
	c->is_good = false;
}

static bool
is_same(const struct casefile *a, const struct casefile *b, struct arena *arena)
{
	struct case_state *states = arena_array(arena, 2, sizeof(*states));

	states[0].casefile = *a;
	states[1].casefile = *b;
	return a->class == b->class && a->as_of.s == b->as_of.s &&
	    span_is_equal(case_state_write(&states[0], arena),
		case_state_write(&states[1], arena));
}

static int
compare_case(void *ctx, const struct case_view *view, struct error *err)
{
	struct checking *c = ctx;
	struct case_view folded;

	arena_reset(c->arena);
	c->cases++;
	if (folding_case(c->folding, &view->name, &folded, c->arena, err) == -1)
		return -1;
	if (folded.n == 0)
		complain(c, &view->name, "is not there");
	else if (!is_same(&view->casefile, &folded.casefile, c->arena))
		complain(c, &view->name, "was projected as another");
	return 0;
}

static void
count_due(struct checking *c, const struct casefile *casefile)
{
	struct due due[CASEFILE_DUE_MAX];
	bool has[2] = { false, false }, late[2] = { false, false };
	size_t n = casefile_due(casefile, due);

	for (size_t i = 0; i < n; i++) {
		has[due[i].side != c->ours] = true;
		late[due[i].side != c->ours] |= due[i].is_late;
	}
	c->tally.open++;
	c->tally.undelivered +=
	    casefile->requester == c->ours && !casefile->taken.has;
	for (unsigned who = 0; who < 2; who++) {
		c->tally.overdue[who] += late[who];
		c->tally.awaiting[who] += has[who] && !late[who];
	}
}

static int
count_opening(void *ctx, const struct entry_row *opening, struct error *err)
{
	struct checking *c = ctx;
	struct case_view folded;

	arena_reset(c->arena);
	if (folding_case(c->folding, &opening->leaf, &folded, c->arena, err) ==
	    -1)
		return -1;
	if (folded.n == 0)
		return 0;
	c->cases--;
	if (casefile_is_open(&folded.casefile))
		count_due(c, &folded.casefile);
	return 0;
}

static bool
is_same_tally(const struct cases_tally *a, const struct cases_tally *b)
{
	bool same = a->open == b->open && a->undelivered == b->undelivered;

	for (unsigned who = 0; who < CASES_WHO_COUNT; who++)
		same = same && a->overdue[who] == b->overdue[who] &&
		    a->awaiting[who] == b->awaiting[who];
	return same;
}

static int
check_at(struct checking *c, const struct heads *heads, struct error *err)
{
	struct docket *docket = c->node->docket;
	struct cases_tally tally;
	int rc = -1;

	c->cases = 0;
	c->tally = (struct cases_tally){ .open = 0 };
	if (folding_open(&c->folding, docket, c->peer, heads, c->at, err) ==
		-1 ||
	    docket_cases(docket, c->peer, false, c->at, compare_case, c, err) ==
		-1 ||
	    store_entry_cases(c->node->store, c->peer, KIND_COUNT,
		count_opening, c, err) == -1 ||
	    docket_cases_tally(docket, c->at, &tally, err) == -1)
		goto out;
	if (c->cases != 0 || !is_same_tally(&tally, &c->tally)) {
		fprintf(stderr, "simulation: cases of %s at %lld: %s\n",
		    c->node->party, (long long)c->at.s,
		    c->cases != 0 ? "one is missing" : "another count");
		c->is_good = false;
	}
	rc = 0;
out:
	folding_close(c->folding);
	c->folding = NULL;
	return rc;
}

/* Leave of the logs of ${side} what is within ${to}. */
static void
cut_heads(struct heads *heads, unsigned side, struct extent to)
{
	size_t n = 0;

	for (size_t i = 0; i < heads->n; i++) {
		struct docket_head head = heads->lines[i];

		if (head.side == side && head.epoch > to.epoch)
			continue;
		if (head.side == side && head.epoch == to.epoch)
			head.size = to.size;
		heads->lines[n++] = head;
	}
	heads->n = n;
}

/* The causal past of a record is closed heads. */
static int
past_heads(struct checking *c, struct rng *rng, struct heads *out,
    struct error *err)
{
	struct docket_head head = out->lines[rng_below(rng, out->n)];
	struct docket_head *lines =
	    arena_array(c->arena, out->n, sizeof(*lines));
	struct entry_row *row;
	uint64_t index;

	if (head.size == 0)
		return 0;
	index = rng_below(rng, head.size);
	if (store_entry_get(c->node->store, head.log, index, &row, c->arena,
		err) == -1)
		return -1;
	if (row->verdict != E_NONE)
		return 0;
	memcpy(lines, out->lines, out->n * sizeof(*lines));
	out->lines = lines;
	cut_heads(out, head.side, (struct extent){ head.epoch, index + 1 });
	cut_heads(out, 1 - head.side,
	    (struct extent){ row->anchor_epoch, row->anchor_size });
	return 0;
}

/* With the projection, and without it. */
static int
check_statement(struct checking *c, const struct heads *heads,
    struct error *err)
{
	struct figures figures = { .peer = c->peer,
		.heads = *heads,
		.from = instant_add(c->at, period_of(-50000)),
		.to = instant_add(c->at, period_of(-500)),
		.as_of = c->at,
		.is_exercise = true };
	struct statement statement;
	struct buf out[2];
	int rc = -1;

	buf_init(&out[0], STATEMENT_BYTES_MAX);
	buf_init(&out[1], STATEMENT_BYTES_MAX);
	if (docket_statement(c->node->docket, &figures, &statement, c->arena,
		err) == -1)
		goto out;
	statement_json_write(&out[0], &statement);
	if (store_begin(c->node->store, err) == -1)
		goto out;
	if (store_cases_set_mark(c->node->store, c->logs[0]->id, 0, err) ==
		-1 ||
	    store_cases_set_mark(c->node->store, c->logs[1]->id, 0, err) ==
		-1 ||
	    docket_statement(c->node->docket, &figures, &statement, c->arena,
		err) == -1)
		goto out;
	statement_json_write(&out[1], &statement);
	if (!span_is_equal(buf_span(&out[0]), buf_span(&out[1]))) {
		fprintf(stderr, "simulation: a projected statement differs\n");
		c->is_good = false;
	}
	rc = 0;
out:
	store_rollback(c->node->store);
	buf_clear(&out[0]);
	buf_clear(&out[1]);
	return rc;
}

static int
check_all(struct checking *c, struct rng *rng, struct arena *arena,
    struct error *err)
{
	struct log_row *own, *theirs;
	struct heads heads;

	if (docket_cases_settle(c->node->docket, err) == -1 ||
	    docket_heads(c->node->docket, c->peer, &heads, arena, err) == -1 ||
	    store_log_of(c->node->store, c->peer, true, &own, arena, err) ==
		-1 ||
	    store_log_of(c->node->store, c->peer, false, &theirs, arena, err) ==
		-1)
		return -1;
	c->ours = own->side;
	c->logs[own->side] = own;
	c->logs[1 - own->side] = theirs;
	for (unsigned i = 0; i < MOMENTS; i++) {
		struct heads past = heads;

		c->at = instant_add(c->node->world->now,
		    period_of(3600 - (int64_t)rng_below(rng, 60000)));
		if (check_at(c, &heads, err) == -1 ||
		    past_heads(c, rng, &past, err) == -1 ||
		    check_statement(c, &past, err) == -1)
			return -1;
	}
	return 0;
}

bool
world_check_projection(struct world *world, unsigned i)
{
	struct checking c = { .node = &world->nodes[i],
		.peer = span_text(world->nodes[1 - i].party),
		.arena = arena_new(),
		.is_good = true };
	struct arena *arena = arena_new();
	struct error err;

	if (check_all(&c, &world->rng, arena, &err) == -1) {
		fprintf(stderr, "simulation: projection: %s (%s)\n",
		    error_text(err.code), err.detail);
		c.is_good = false;
	}
	arena_free(c.arena);
	arena_free(arena);
	return c.is_good;
}
