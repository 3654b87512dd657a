#include "proof/evidence.h"
#include "proof/evidence_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "formats/card.h"
#include "ledger/checkpoint.h"
#include "proof/bundle.h"
#include "proof/position.h"
#include "seal/certificate.h"

#define FRONTIER_FILE_MAX (TREE_PROOF_MAX * 45)

/* How often keys may lead to further keys */
#define ROUNDS_MAX 16

struct span
evidence_bytes(const struct evidence *ev, const struct proof_file_row *row)
{
	return bundle_find(ev->bundle,
	    span_text(manifest_file_name(ev->manifest, row, ev->arena)))
	    ->bytes;
}

int
evidence_bad(const struct evidence *ev, const struct proof_file_row *row,
    const char *why, struct error *err)
{
	return error_set(err, E_BUNDLE, "%s: %s",
	    manifest_file_name(ev->manifest, row, ev->arena), why);
}

static int
open_card(struct evidence *ev, const struct proof_file_row *row,
    struct error *err)
{
	struct span file = evidence_bytes(ev, row), certificate, cms;
	struct card *card;
	struct error why;
	struct buf again;
	bool is_same;

	if (card_open(&card, file, ev->arena, &why) == -1)
		return evidence_bad(ev, row, error_text(why.code), err);
	buf_init(&again, CARD_FILE_MAX);
	if (card_unarmour(&certificate, &cms, file, ev->arena, err) == -1)
		return -1;
	card_armour(&again, certificate, cms);
	is_same = span_is_equal(buf_span(&again), file);
	buf_clear(&again);
	if (!is_same ||
	    !span_is_equal(card->party, ev->manifest->parties[row->side].party))
		return evidence_bad(ev, row, "not in its form, or another's",
		    err);
	ev->cards[row->side] = card;
	return 0;
}

/* "<party>/docket/<other>/1"; later epochs have another number. */
static int
check_origin(const struct evidence *ev, unsigned side, struct error *err)
{
	const struct proof_party_row *row = &ev->manifest->parties[side];
	struct span other = ev->manifest->parties[1 - side].party;
	const char *want = arena_printf(ev->arena, "%.*s/docket/%.*s/1",
	    (int)row->party.len, (const char *)row->party.ptr, (int)other.len,
	    (const char *)other.ptr);

	if (!span_is_text(row->origin, want))
		return error_set(err, E_BUNDLE, "no log of that party");
	return 0;
}

/* No key serves two roles, or two parties. */
static int
check_keys(const struct evidence *ev, struct error *err)
{
	const uint8_t *keys[4] = { ev->cards[0]->log, ev->cards[0]->mirror_key,
		ev->cards[1]->log, ev->cards[1]->mirror_key };

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		for (size_t k = 0; k < i; k++)
			if (memcmp(keys[i], keys[k], CARD_KEY_BYTES) == 0)
				return error_set(err, E_BUNDLE,
				    "the cards have one key in two roles");
	if (span_is_equal(ev->cards[0]->seal, ev->cards[1]->seal))
		return error_set(err, E_BUNDLE, "one seal for two parties");
	if (ev->cards[0]->is_exercise != ev->cards[1]->is_exercise)
		return error_set(err, E_BUNDLE,
		    "one card is for exercises, the other is not");
	return 0;
}

static bool
is_in_order(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.ptr, b.ptr, n);

	return order < 0 || (order == 0 && a.len < b.len);
}

static int
open_parties(struct evidence *ev, struct error *err)
{
	const struct manifest *m = ev->manifest;

	if (!is_in_order(m->parties[0].party, m->parties[1].party))
		return error_set(err, E_BUNDLE, "parties out of order");
	for (size_t i = 0; i < m->files_n; i++)
		if (m->files[i].use == USE_CARD &&
		    open_card(ev, &m->files[i], err) == -1)
			return -1;
	if (ev->cards[0] == NULL || ev->cards[1] == NULL)
		return error_set(err, E_BUNDLE, "a card is missing");
	if (check_keys(ev, err) == -1)
		return -1;
	for (unsigned side = 0; side < 2; side++) {
		if (check_origin(ev, side, err) == -1)
			return -1;
	}
	evidence_keys_begin(ev);
	ev->keys[0] = ev->found[0];
	ev->keys[1] = ev->found[1];
	evidence_keys_begin(ev);
	return 0;
}

/*
 * The first line by a mirror key, or NULL: its time is the one that counts.
 * Outside a record one of a key that was declared compromised comes last.
 */
static const struct note_line *
mirror_line(const struct evidence *ev, unsigned mirroring, uint64_t view,
    const struct note *note)
{
	const struct note_line *first = NULL;

	for (size_t i = 0; i < note->n; i++) {
		const struct note_line *line = &note->lines[i];

		if (line->key == NULL || line->key->type != NOTE_KEY_COSIGNER)
			continue;
		if (view != EVIDENCE_ANY_VIEW ||
		    evidence_term_of(ev, mirroring, line->key)->until ==
			UINT64_MAX)
			return line;
		if (first == NULL)
			first = line;
	}
	return first;
}

void
evidence_open_head(const struct evidence *ev, struct evidence_head *head,
    uint64_t view)
{
	struct note_key *writer = arena_alloc(ev->arena, sizeof(*writer));
	struct note *note = arena_alloc(ev->arena, sizeof(*note));
	struct checkpoint checkpoint;
	const struct note_line *line;
	struct note_key *mirrors;
	struct span origin;
	struct error why;
	unsigned epoch = 1;
	size_t n;

	/* What names no log of this writer fails as the first of them. */
	if (checkpoint_claimed_origin(&origin, head->bytes, &why) == -1 ||
	    !evidence_epoch_of(ev, head->side, origin, &epoch))
		epoch = 1;
	*writer = evidence_writer(ev, head->side, epoch);
	n = evidence_mirrors_at(ev, 1 - head->side, view, &mirrors);
	head->fault = E_NONE;
	if (checkpoint_open(&checkpoint, note, head->bytes, writer, mirrors, n,
		ev->arena, &why) == -1) {
		head->fault = why.code;
		return;
	}
	if (position_n(checkpoint.size) != checkpoint.size) {
		head->fault = E_RANGE;
		return;
	}
	head->size = position_of(epoch, checkpoint.size);
	head->root = checkpoint.root;
	line = note_line_of(note, writer);
	head->writer_line = (size_t)(line - note->lines);
	line = mirror_line(ev, 1 - head->side, view, note);
	if (line == NULL)
		return;
	head->has_line = true;
	head->time = line->at;
	head->mirror_line = (size_t)(line - note->lines);
	head->mirror = *line->key;
	head->term = *evidence_term_of(ev, 1 - head->side, line->key);
}

/* Bad signatures spoil claims; a bad form spoils the bundle. */
static int
open_head(struct evidence *ev, const struct proof_file_row *row,
    struct evidence_head *head, struct error *err)
{
	*head = (struct evidence_head){ .side = row->side,
		.size = row->n,
		.bytes = evidence_bytes(ev, row) };
	evidence_open_head(ev, head, EVIDENCE_ANY_VIEW);
	switch ((int)head->fault) {
	case E_NONE:
		if (row->use == USE_HEAD && head->size != row->n)
			return evidence_bad(ev, row, "another size", err);
		return 0;
	case E_NOTE_SIGNATURE:
	case E_NOTE_UNSIGNED:
		return 0;
	default:
		return evidence_bad(ev, row, error_text(head->fault), err);
	}
}

static int
open_frontier(struct evidence *ev, const struct proof_file_row *row,
    struct error *err)
{
	struct evidence_frontier *out = &ev->frontiers[ev->frontiers_n];
	struct hash peaks[TREE_LEVELS];
	struct error why;
	struct span rest;
	size_t n = 0;

	*out = (struct evidence_frontier){ .side = row->side,
		.at = row->n,
		.bytes = evidence_bytes(ev, row) };
	if (out->bytes.len > FRONTIER_FILE_MAX)
		return evidence_bad(ev, row, "too large", err);
	for (rest = out->bytes; rest.len > 0 && n < TREE_LEVELS; n++) {
		size_t end = span_find(rest, '\n');

		if (end == rest.len ||
		    checkpoint_hash_parse(&peaks[n], span_of(rest.ptr, end),
			ev->arena, &why) == -1)
			return evidence_bad(ev, row, "not lines of hashes",
			    err);
		rest = span_skip(rest, end + 1);
	}
	if (rest.len > 0 ||
	    tree_of_peaks(&out->tree, position_n(row->n), peaks, n, &why) == -1)
		return evidence_bad(ev, row, "not that many hashes", err);
	ev->frontiers_n++;
	return 0;
}

static int
compare_heads(const void *a, const void *b)
{
	const struct evidence_head *left = a, *right = b;

	if (left->side != right->side)
		return left->side < right->side ? -1 : 1;
	if (left->size == right->size)
		return 0;
	return left->size < right->size ? -1 : 1;
}

/* In one order, whatever the files' is: HOWTO.txt goes by it. */
static int
open_heads(struct evidence *ev, struct error *err)
{
	const struct manifest *m = ev->manifest;

	ev->heads = arena_array(ev->arena, m->files_n, sizeof(*ev->heads));
	ev->frontiers =
	    arena_array(ev->arena, m->files_n, sizeof(*ev->frontiers));
	for (size_t i = 0; i < m->files_n; i++) {
		const struct proof_file_row *row = &m->files[i];

		if (row->use == USE_HEAD) {
			if (open_head(ev, row, &ev->heads[ev->heads_n], err) ==
			    -1)
				return -1;
			ev->heads_n++;
		} else if (row->use == USE_FORK) {
			if (row->n < 1 || row->n > 2)
				return evidence_bad(ev, row, "1 or 2", err);
			if (open_head(ev, row,
				&ev->forks[row->side].heads[row->n - 1],
				err) == -1)
				return -1;
		} else if (row->use == USE_FRONTIER &&
		    open_frontier(ev, row, err) == -1) {
			return -1;
		}
	}
	if (ev->heads_n > 0)
		qsort(ev->heads, ev->heads_n, sizeof(*ev->heads),
		    compare_heads);
	return 0;
}

static int
compare_records(const void *a, const void *b)
{
	const struct evidence_record *left = a, *right = b;

	if (left->side != right->side)
		return left->side < right->side ? -1 : 1;
	if (left->index == right->index)
		return 0;
	return left->index < right->index ? -1 : 1;
}

static struct evidence_record *
entry_at(const struct evidence *ev, unsigned side, uint64_t index)
{
	struct evidence_record key = { .side = side, .index = index };

	if (ev->records_n == 0)
		return NULL;
	return bsearch(&key, ev->records, ev->records_n, sizeof(key),
	    compare_records);
}

/* The path of a record: under a head that is among the files too. */
static int
open_proof(struct evidence *ev, const struct proof_file_row *row,
    struct error *err)
{
	struct evidence_record *record = entry_at(ev, row->side, row->n);
	struct span bytes = evidence_bytes(ev, row);
	const struct evidence_head *head = NULL;
	struct proof_file *proof;
	struct checkpoint at;
	struct error why;
	struct buf again;
	bool is_same;

	if (record == NULL)
		return evidence_bad(ev, row, "no record beside it", err);
	proof = &record->proof;
	if (proof_file_parse(proof, bytes, ev->arena, &why) == -1)
		return evidence_bad(ev, row, error_text(why.code), err);
	buf_init(&again, PROOF_FILE_MAX);
	proof_file_write(&again, proof);
	is_same = span_is_equal(buf_span(&again), bytes);
	buf_clear(&again);
	for (size_t i = 0; i < ev->heads_n; i++)
		if (ev->heads[i].side == row->side &&
		    span_is_equal(ev->heads[i].bytes, proof->note))
			head = &ev->heads[i];
	if (!is_same || proof->has_extra ||
	    proof->index != position_n(row->n) || head == NULL)
		return evidence_bad(ev, row, "not in its form", err);
	record->has_proof = true;
	if (head->fault != E_NONE)
		return 0;
	if (position_epoch(head->size) != position_epoch(row->n))
		return 0;
	at = (struct checkpoint){ evidence_origin(ev, row->side,
				      position_epoch(row->n)),
		position_n(head->size), head->root };
	if (proof_file_check(proof, &record->leaf, &at, &why) == 0)
		record->head = head;
	return 0;
}

static int
open_records(struct evidence *ev, struct error *err)
{
	const struct manifest *m = ev->manifest;

	ev->records = arena_array(ev->arena, m->files_n, sizeof(*ev->records));
	for (size_t i = 0; i < m->files_n; i++) {
		const struct proof_file_row *row = &m->files[i];

		if (row->use == USE_RECORD)
			ev->records[ev->records_n++] =
			    (struct evidence_record){ .side = row->side,
				    .index = row->n,
				    .der = evidence_bytes(ev, row),
				    .leaf = tree_leaf_hash(
					evidence_bytes(ev, row)) };
	}
	if (ev->records_n > 0)
		qsort(ev->records, ev->records_n, sizeof(*ev->records),
		    compare_records);
	for (size_t i = 0; i < m->files_n; i++)
		if (m->files[i].use == USE_PROOF &&
		    open_proof(ev, &m->files[i], err) == -1)
			return -1;
	return 0;
}

/* Is [${from}, ${size}) of one log complete?  E_NONE, or why not. */
static enum error_code
try_segment(struct evidence *ev, unsigned side, uint64_t from, uint64_t size)
{
	const struct evidence_frontier *frontier;
	const struct evidence_head *head = evidence_head(ev, side, size);
	struct tree before = { .size = 0 };
	struct hash *leaves, old_root;
	struct error why;
	size_t n;

	if (from > size || size - from > ev->records_n)
		return E_NOT_FOUND;
	n = (size_t)(size - from);
	frontier = evidence_frontier(ev, side, from);
	if (head == NULL || (position_n(from) > 0 && frontier == NULL))
		return E_NOT_FOUND;
	if (head->fault != E_NONE)
		return head->fault;
	if (position_n(from) > 0)
		before = frontier->tree;
	leaves = arena_array(ev->arena, n, sizeof(*leaves));
	for (size_t i = 0; i < n; i++) {
		struct evidence_record *entry = entry_at(ev, side, from + i);

		if (entry == NULL)
			return E_NOT_FOUND;
		leaves[i] = entry->leaf;
	}
	old_root = tree_root(&before);
	if (tree_check_range(&before, &old_root, leaves, n, &head->root,
		&why) == -1)
		return why.code;
	for (size_t i = 0; i < n; i++)
		entry_at(ev, side, from + i)->is_in_range = true;
	return E_NONE;
}

/* The range of a claim, log by log.  E_NONE, or why it is not complete. */
static enum error_code
try_range(struct evidence *ev, const struct proof_claim_row *claim)
{
	unsigned side = 1 - claim->side;
	uint64_t from = claim->from, end;
	enum error_code code;

	do {
		end = evidence_segment_end(ev, side, from, claim->size);
		if (position_epoch(end) != position_epoch(from))
			return E_NOT_FOUND;
		code = try_segment(ev, side, from, end);
		if (code == E_NONE && end < claim->size &&
		    !evidence_is_end(ev, side, end))
			return E_PROOF;
		from = evidence_next(ev, side, end);
	} while (code == E_NONE && end < claim->size && from > end);
	return code == E_NONE && end != claim->size ? E_NOT_FOUND : code;
}

static int
read_files(struct evidence *ev, struct error *err)
{
	const struct manifest *m = ev->manifest;

	if (open_heads(ev, err) == -1 || open_records(ev, err) == -1 ||
	    evidence_open_forks(ev, err) == -1 ||
	    evidence_open_crls(ev, err) == -1)
		return -1;
	ev->ranges = arena_array(ev->arena, m->claims_n, sizeof(*ev->ranges));
	for (size_t i = 0; i < m->claims_n; i++)
		if (m->claims[i].claim == PROOF_NO_REACTION)
			ev->ranges[i] = try_range(ev, &m->claims[i]);
	return evidence_judge(ev, err);
}

/*
 * What lines and heads there are hangs on keys, keys on records, and these on
 * heads: all is read with the keys of the cards, and again with what that
 * found, until it finds the same.
 */
int
evidence_open(struct evidence *out, const struct bundle *bundle,
    const struct manifest *manifest, struct arena *arena, struct error *err)
{
	struct evidence again = { .arena = arena,
		.bundle = bundle,
		.manifest = manifest };

	*out = again;
	if (open_parties(out, err) == -1 || read_files(out, err) == -1)
		return -1;
	for (unsigned round = 0; !evidence_has_settled(out); round++) {
		if (round == ROUNDS_MAX)
			return error_set(err, E_BUNDLE,
			    "its keys hang on one another");
		for (unsigned side = 0; side < 2; side++) {
			again.cards[side] = out->cards[side];
			again.keys[side] = out->found[side];
		}
		evidence_close(out);
		*out = again;
		evidence_keys_begin(out);
		if (read_files(out, err) == -1)
			return -1;
	}
	return 0;
}

void
evidence_close(struct evidence *evidence)
{
	for (unsigned side = 0; side < 2; side++)
		for (size_t i = 0; i < evidence->seals_n[side]; i++)
			certificate_free(evidence->seals[side][i].certificate);
	for (size_t i = 0; i < evidence->crls_n; i++)
		crl_free(evidence->crls[i].crl);
	evidence->seals_n[0] = evidence->seals_n[1] = 0;
	evidence->crls_n = 0;
}

const struct evidence_record *
evidence_find(const struct evidence *ev, unsigned side, const struct hash *leaf)
{
	for (size_t i = 0; i < ev->records_n; i++)
		if (ev->records[i].side == side &&
		    hash_is_equal(&ev->records[i].leaf, leaf))
			return &ev->records[i];
	return NULL;
}

const struct evidence_record *
evidence_entry(const struct evidence *ev, unsigned side, uint64_t index)
{
	return entry_at(ev, side, index);
}

const struct evidence_head *
evidence_head(const struct evidence *ev, unsigned side, uint64_t size)
{
	for (size_t i = 0; i < ev->heads_n; i++)
		if (ev->heads[i].side == side && ev->heads[i].size == size)
			return &ev->heads[i];
	return NULL;
}

const struct evidence_frontier *
evidence_frontier(const struct evidence *ev, unsigned side, uint64_t size)
{
	for (size_t i = 0; i < ev->frontiers_n; i++)
		if (ev->frontiers[i].side == side &&
		    ev->frontiers[i].at == size)
			return &ev->frontiers[i];
	return NULL;
}
