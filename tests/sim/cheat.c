#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "docket/epochs.h"
#include "docket/internal.h"
#include "docket/lodge.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "keeper/keeper.h"
#include "keeper/signer.h"
#include "seal/digest.h"
#include "store/head.h"
#include "store/log.h"
#include "store/store.h"
#include "tests/sim/world.h"

/* One way in which a record can be wrong although its seal is right. */
struct trick {
	struct world *world;
	struct record *record;
	struct log_row *own;
	struct arena *arena;
};

static void
false_root(struct trick *t)
{
	t->record->anchor.root.bytes[3] ^= 1;
}

static void
future_anchor(struct trick *t)
{
	t->record->anchor.size += 1 + rng_below(&t->world->rng, 20);
}

static void
old_anchor(struct trick *t)
{
	t->record->anchor.size = 0;
	t->record->anchor.root = digest_of(span_of(NULL, 0));
}

static void
wrong_log(struct trick *t)
{
	t->record->log = t->record->anchor.log;
}

static void
unknown_case(struct trick *t)
{
	t->record->kind = KIND_ACKNOWLEDGEMENT;
	t->record->has_case = true;
	rng_fill(&t->world->rng, t->record->case_hash.bytes, HASH_BYTES);
}

static void
own_case(struct trick *t)
{
	t->record->kind = KIND_ACKNOWLEDGEMENT;
	for (size_t i = 0; i < t->world->cases_n; i++) {
		t->record->has_case = true;
		t->record->case_hash = t->world->cases[i];
		if (t->world->openers[i] == 1)
			return;
	}
	unknown_case(t);
}

static void
false_refusal(struct trick *t)
{
	struct hash *entry = arena_alloc(t->arena, sizeof(*entry));

	/* Of a record that is valid: unfounded, and harms nobody. */
	t->record->kind = KIND_REFUSAL;
	t->record->by = WORD_ROLE_NODE;
	if (t->world->cases_n > 0)
		*entry = t->world->cases[0];
	t->record->facts[0] =
	    (struct fact){ .is_given = true, .n = 1, .hashes = entry };
	t->record->facts[1] = (struct fact){ .is_given = true,
		.n = 1,
		.text = span_text("record-member") };
}

static void (*const tricks[])(struct trick *t) = {
	false_root,
	future_anchor,
	old_anchor,
	wrong_log,
	unknown_case,
	own_case,
	false_refusal,
};

static int
seal_trick(struct world *world, struct node *south, struct log_row *own,
    struct span *der, struct arena *arena, struct error *err)
{
	struct record record = { .kind = KIND_ACKNOWLEDGEMENT,
		.by = WORD_ROLE_DUTY_OFFICER,
		.is_exercise = true };
	struct trick trick = { world, &record, own, arena };
	struct span content;
	struct hash digest;
	struct buf buf;
	int rc = -1;

	unknown_case(&trick);
	if (lodge_content(south->docket, own, &record, node_now(south),
		&content, arena, err) == -1)
		return -1;
	tricks[rng_below(&world->rng, COUNT_OF(tricks))](&trick);
	buf_init(&buf, RECORD_CONTENT_MAX);
	if (record_write(&buf, &record, err) == -1)
		goto out;
	content = arena_copy(arena, buf_span(&buf));
	digest = digest_of(content);
	if (keeper_authorise(south->keeper, &digest, node_now(south), err) ==
		-1 ||
	    south->signer.seal(south->signer.ctx, content, NULL, der, arena,
		err) == -1)
		goto out;
	rc = 0;
out:
	buf_clear(&buf);
	return rc;
}

static struct span
garbage(struct world *world, struct arena *arena)
{
	size_t len = 1 + rng_below(&world->rng, 300);
	uint8_t *bytes = arena_alloc(arena, len);

	rng_fill(&world->rng, bytes, len);
	bytes[0] = 0x30;
	return span_of(bytes, len);
}

static int
put_entry(struct world *world, struct node *south, struct arena *arena,
    struct error *err)
{
	struct judged judged;
	struct log_row *own;
	struct span der;

	if (store_log_of(south->store, span_text(world->nodes[0].party), true,
		&own, arena, err) == -1)
		return -1;
	der = garbage(world, arena);
	/* What its own keeper will not seal it cannot lodge. */
	if (rng_chance(&world->rng, 70) &&
	    seal_trick(world, south, own, &der, arena, err) == -1)
		der = garbage(world, arena);
	if (append_entry(south->docket, own, der, &judged, arena, err) == -1)
		return -1;
	world->cheated++;
	return node_commit(south, err);
}

void
world_cheat(struct world *world)
{
	struct node *south = &world->nodes[1];
	struct arena *arena = arena_new();
	struct error err;

	if (south->is_up &&
	    (store_begin(south->store, &err) == -1 ||
		put_entry(world, south, arena, &err) == -1))
		node_failed(south, &err);
	arena_free(arena);
}

/* The smallest head of ${own} that north's line stands upon; 0 if none. */
static int
smallest_line(struct node *south, const struct log_row *own, uint64_t *out,
    struct arena *arena, struct error *err)
{
	struct docket_keys *keys;
	struct line_row *line;

	if (keys_of_log(south->docket, own, &keys, err) == -1 ||
	    store_line_first(south->store, own->id, 1, keys->mirror.name, &line,
		arena, err) == -1)
		return -1;
	*out = line == NULL ? 0 : line->size;
	return 0;
}

/* The opening of log ${epoch}, quoting the head of ${own} at ${size}. */
static int
write_opening(struct node *south, struct log_row *own, unsigned epoch,
    uint64_t size, struct span *content, struct arena *arena, struct error *err)
{
	struct docket *docket = south->docket;
	struct record record;
	struct fact *previous = &record.facts[MEMBER_OPENING_PREVIOUS -
	    kind_first_member(KIND_OPENING)];
	struct view view;

	opening_fill(&record, docket_self(docket),
	    docket_peer(docket, own->peer), epoch, node_now(south), arena);
	previous->is_given = true;
	previous->n = 1;
	if (lodge_view(docket, own, &view, arena, err) == -1 ||
	    lodge_anchor(docket, &view, &record.anchor, arena, err) == -1 ||
	    receipt_quote(docket, &view, own, size, &previous->text, arena,
		err) == -1)
		return -1;
	return opening_write(content, &record, arena, err);
}

static int
begin_log(struct node *south, const struct log_row *own, unsigned epoch,
    struct span content, struct arena *arena, struct error *err)
{
	struct log_row next = { .peer = own->peer,
		.is_own = true,
		.epoch = epoch,
		.side = own->side };
	struct hash digest = digest_of(content), leaf;
	struct record *record;

	if (record_read(&record, content, arena, err) == -1)
		return -1;
	next.origin = record->log;
	if (keeper_authorise(south->keeper, &digest, node_now(south), err) ==
		-1 ||
	    store_log_add(south->store, &next, err) == -1 ||
	    docket_lodge(south->docket, content, node_now(south), &leaf, err) ==
		-1)
		return -1;
	return node_commit(south, err);
}

/* Leave out of a log what north has signed for. */
static int
begin_below(struct world *world, struct node *south, struct arena *arena,
    struct error *err)
{
	struct log_row *own;
	struct epochs epochs;
	struct span content, north = span_text(world->nodes[0].party);
	unsigned epoch = 0;
	uint64_t size;

	if (epochs_load(&epochs, south->docket, north, arena, err) == -1 ||
	    store_log_of(south->store, north, true, &own, arena, err) == -1 ||
	    smallest_line(south, own, &size, arena, err) == -1)
		return -1;
	/* It knows all that north signed, and can come back to that. */
	if (size == 0 || size >= own->mirrored || own->size > own->mirrored) {
		store_rollback(south->store);
		return 0;
	}
	for (size_t i = 0; i < epochs.n; i++)
		if (epochs.logs[i].is_own && epochs.logs[i].epoch > epoch)
			epoch = epochs.logs[i].epoch;
	if (write_opening(south, own, epoch + 1, size, &content, arena, err) ==
		-1 ||
	    begin_log(south, own, epoch + 1, content, arena, err) == -1)
		return -1;
	world->below = (struct world_below){ own->epoch, own->mirrored };
	world->cheated++;
	/* Its own program believes nothing of this. */
	node_crash(south, false);
	return 0;
}

void
world_begin_below(struct world *world)
{
	struct node *south = &world->nodes[1];
	struct arena *arena = arena_new();
	struct error err;

	if (south->is_up && world->below.size == 0 &&
	    (store_begin(south->store, &err) == -1 ||
		begin_below(world, south, arena, &err) == -1))
		node_failed(south, &err);
	arena_free(arena);
}
