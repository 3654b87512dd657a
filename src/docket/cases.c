#include "docket/cases.h"
#include "base/arena.h"
#include "base/error.h"
#include "docket/case_state.h"
#include "docket/internal.h"
#include "store/store.h"

/* A docket some of whose cases have to be folded for an earlier instant. */
struct opened {
	struct opened *next;
	struct span peer;
	struct folding *folding;
};

/* A walk over the projection. */
struct asking {
	struct docket *docket;
	struct instant at;
	bool only_open;
	int (*each)(void *ctx, const struct case_view *view, struct error *err);
	void *ctx;
	struct opened *opened;
	struct arena *arena; /* of the walk */
	struct arena *once;  /* of one case */
	struct case_state state;
};

static int
see_projected(void *ctx, const struct cases_row *row, struct error *err)
{
	struct asking *asking = ctx;
	struct case_state *state = &asking->state;
	struct case_view view = { .peer = row->peer };

	if (case_state_read(state, row->state, err) == -1)
		return -1;
	casefile_move(&state->casefile, asking->at);
	view.name = state->casefile.leaf;
	view.casefile = state->casefile;
	return asking->each(asking->ctx, &view, err);
}

static int
find_folding(struct asking *asking, struct span peer, struct folding **out,
    struct error *err)
{
	struct opened *opened = asking->opened;
	struct heads heads;

	while (opened != NULL && !span_is_equal(opened->peer, peer))
		opened = opened->next;
	if (opened == NULL) {
		if (docket_heads(asking->docket, peer, &heads, asking->arena,
			err) == -1)
			return -1;
		opened = arena_alloc(asking->arena, sizeof(*opened));
		opened->peer = arena_copy(asking->arena, peer);
		if (folding_open(&opened->folding, asking->docket, peer, &heads,
			asking->at, err) == -1)
			return -1;
		opened->next = asking->opened;
		asking->opened = opened;
	}
	*out = opened->folding;
	return 0;
}

/* Lines later than the instant are no lines: fold it without them. */
static int
see_later(void *ctx, const struct cases_row *row, struct error *err)
{
	struct asking *asking = ctx;
	struct case_state *state = &asking->state;
	struct folding *folding;
	struct case_view view;

	arena_reset(asking->once);
	if (case_state_read(state, row->state, err) == -1 ||
	    find_folding(asking, row->peer, &folding, err) == -1 ||
	    folding_case(folding, &state->casefile.leaf, &view, asking->once,
		err) == -1)
		return -1;
	if (view.n == 0 ||
	    (asking->only_open && !casefile_is_open(&view.casefile)))
		return 0;
	view.peer = row->peer;
	view.n = 0;
	return asking->each(asking->ctx, &view, err);
}

static struct asking
asking_of(struct docket *docket, struct instant at)
{
	return (struct asking){ .docket = docket,
		.at = at,
		.arena = arena_new(),
		.once = arena_new() };
}

static void
asking_clear(struct asking *asking)
{
	for (struct opened *o = asking->opened; o != NULL; o = o->next)
		folding_close(o->folding);
	arena_free(asking->arena);
	arena_free(asking->once);
}

int
docket_cases(struct docket *docket, struct span peer, bool only_open,
    struct instant at,
    int (*each)(void *ctx, const struct case_view *view, struct error *err),
    void *ctx, struct error *err)
{
	struct asking asking = asking_of(docket, at);
	int rc;

	asking.only_open = only_open;
	asking.each = each;
	asking.ctx = ctx;
	rc = store_cases_walk(docket->parts.store, CASES_AFTER, at, peer,
	    see_later, &asking, err);
	if (rc == 0)
		rc = store_cases_walk(docket->parts.store,
		    only_open ? CASES_OPEN_BY : CASES_BY, at, peer,
		    see_projected, &asking, err);
	asking_clear(&asking);
	return rc;
}

struct tallying {
	struct docket *docket;
	struct cases_tally *tally;
	struct arena *arena; /* of one case */
};

/* What was left out of the store's count. */
static int
tally_later(void *ctx, const struct case_view *view, struct error *err)
{
	const struct casefile *casefile = &view->casefile;
	const struct tallying *t = ctx;
	bool has_due[CASES_WHO_COUNT] = { false, false };
	bool is_late[CASES_WHO_COUNT] = { false, false };
	struct due due[CASEFILE_DUE_MAX];
	size_t n = casefile_due(casefile, due);
	struct log_row *own;

	arena_reset(t->arena);
	if (store_log_of(t->docket->parts.store, view->peer, true, &own,
		t->arena, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		unsigned who = due[i].side == own->side ? CASES_US : CASES_THEM;

		has_due[who] = true;
		is_late[who] = is_late[who] || due[i].is_late;
	}
	t->tally->open++;
	t->tally->undelivered +=
	    casefile->requester == own->side && !casefile->taken.has;
	for (unsigned who = 0; who < CASES_WHO_COUNT; who++) {
		t->tally->overdue[who] += is_late[who];
		t->tally->awaiting[who] += has_due[who] && !is_late[who];
	}
	return 0;
}

int
docket_cases_tally(struct docket *docket, struct instant at,
    struct cases_tally *out, struct error *err)
{
	struct tallying tallying = { docket, out, arena_new() };
	struct asking asking = asking_of(docket, at);
	int rc;

	asking.only_open = true;
	asking.each = tally_later;
	asking.ctx = &tallying;
	rc = store_cases_tally(docket->parts.store, at, out, err);
	if (rc == 0)
		rc = store_cases_walk(docket->parts.store, CASES_AFTER, at,
		    span_of(NULL, 0), see_later, &asking, err);
	asking_clear(&asking);
	arena_free(tallying.arena);
	return rc;
}
