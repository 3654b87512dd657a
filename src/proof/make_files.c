#include "proof/make_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "docket/docket.h"
#include "docket/documents.h"
#include "domain/record.h"
#include "formats/card.h"
#include "formats/record_json.h"
#include "ledger/note.h"
#include "ledger/proof_file.h"
#include "proof/bundle.h"
#include "proof/evidence.h"
#include "proof/howto.h"
#include "proof/make.h"
#include "seal/certificate.h"
#include "seal/digest.h"
#include "store/entry.h"
#include "store/head.h"
#include "store/log.h"
#include "store/party.h"
#include "store/store.h"
#include "store/tile.h"

#define PEM_MAX ((size_t)1 << 20)

static void *
grown(struct arena *arena, void *from, size_t n, size_t *cap, size_t size)
{
	void *to;

	if (n < *cap)
		return from;
	*cap = *cap == 0 ? 64 : 2 * *cap;
	to = arena_array(arena, *cap, size);
	if (n > 0)
		memcpy(to, from, n * size);
	return to;
}

static struct span
kept(struct making *m, struct buf *buf)
{
	struct span bytes = arena_copy(m->arena, buf_span(buf));

	buf_clear(buf);
	return bytes;
}

int
making_add_file(struct making *m, enum proof_use use, unsigned side, uint64_t n,
    struct span bytes, struct error *err)
{
	struct proof_file_row row = { .use = use,
		.side = side,
		.n = n,
		.sha256 = digest_of(bytes) };
	struct span name =
	    span_text(manifest_file_name(&m->manifest, &row, m->arena));

	if (bundle_find(m->bundle, name) != NULL)
		return 0;
	if (bundle_add(m->bundle, name, bytes, err) == -1)
		return -1;
	m->manifest.files = grown(m->arena, m->manifest.files,
	    m->manifest.files_n, &m->files_cap, sizeof(row));
	m->manifest.files[m->manifest.files_n++] = row;
	return 0;
}

void
making_claim(struct making *m, const struct proof_claim_row *claim)
{
	m->manifest.claims = grown(m->arena, m->manifest.claims,
	    m->manifest.claims_n, &m->claims_cap, sizeof(*claim));
	m->manifest.claims[m->manifest.claims_n++] = *claim;
}

static int
add_card(struct making *m, unsigned side, struct error *err)
{
	const struct card *card = m->cards[side];
	struct buf pem;

	if (making_add_file(m, USE_CARD, side, 0, m->card_files[side], err) ==
	    -1)
		return -1;
	if (card->anchors_n == 0)
		return 0;
	buf_init(&pem, PEM_MAX);
	for (unsigned i = 0; i < card->anchors_n; i++) {
		struct certificate *anchor;

		if (certificate_parse(&anchor, card->anchors[i], err) == -1) {
			buf_clear(&pem);
			return -1;
		}
		certificate_write(&pem, anchor);
		certificate_free(anchor);
	}
	return making_add_file(m, USE_ANCHORS, side, 0, kept(m, &pem), err);
}

/* A card may have come by mail: in the bundle it is in its one form. */
static int
own_form(struct making *m, struct span *file, struct error *err)
{
	struct span certificate, cms;
	struct buf buf;

	if (card_unarmour(&certificate, &cms, *file, m->arena, err) == -1)
		return -1;
	buf_init(&buf, CARD_FILE_MAX);
	card_armour(&buf, certificate, cms);
	*file = kept(m, &buf);
	return 0;
}

static int
find_parties(struct making *m, struct party_row *out[2], struct error *err)
{
	if (store_party_self(m->store, &out[0], m->arena, err) == -1 ||
	    store_party_find(m->store, m->order->peer, &out[1], m->arena,
		err) == -1)
		return -1;
	if (out[0] == NULL || out[1] == NULL || out[1]->is_self)
		return error_set(err, E_PEER_UNKNOWN, "%.*s",
		    (int)m->order->peer.len, (const char *)m->order->peer.ptr);
	/* Of our cards the one that this docket quotes. */
	return store_card_get(m->store, &out[1]->own, &out[0]->card, m->arena,
	    err);
}

int
making_begin(struct making *m, struct error *err)
{
	struct party_row *rows[2];
	struct log_row *own, *theirs;

	if (find_parties(m, rows, err) == -1 ||
	    store_log_of(m->store, m->order->peer, true, &own, m->arena, err) ==
		-1 ||
	    store_log_of(m->store, m->order->peer, false, &theirs, m->arena,
		err) == -1)
		return -1;
	if (own == NULL || theirs == NULL)
		return error_set(err, E_PEER_UNKNOWN, "no docket");
	for (unsigned i = 0; i < 2; i++) {
		struct log_row *log = i == 0 ? own : theirs;
		unsigned side = log->side;

		m->card_files[side] = rows[i]->card;
		m->cards[side] = i == 0 ?
		    docket_own_card(m->docket, log->peer) :
		    docket_peer(m->docket, log->peer);
		m->manifest.parties[side] =
		    (struct proof_party_row){ m->cards[side]->party,
			    log->origin };
		m->mirrors[1 - side] = span_text(arena_printf(m->arena,
		    "%.*s/mirror", (int)m->cards[side]->party.len,
		    (const char *)m->cards[side]->party.ptr));
	}
	if (making_load_logs(m, err) == -1)
		return -1;
	for (unsigned side = 0; side < 2; side++)
		if (own_form(m, &m->card_files[side], err) == -1 ||
		    add_card(m, side, err) == -1)
			return -1;
	return 0;
}

/* Of several heads of one size, the one that our tree leads to. */
static int
find_head(struct making *m, unsigned side, uint64_t size, struct head_row **out,
    struct error *err)
{
	const struct log_row *log = making_log(m, side, size);
	struct store_tree tree = { m->store, log == NULL ? 0 : log->id };
	struct tree_reader reader = store_tree_reader(&tree);
	uint64_t at = position_n(size);
	struct head_row *rows;
	struct hash root;
	size_t n;

	*out = NULL;
	if (log == NULL || at == 0 || at > log->size)
		return 0;
	if (store_head_all(m->store, log->id, at, &rows, &n, m->arena, err) ==
		-1 ||
	    tree_root_at(&root, &reader, at, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (hash_is_equal(&rows[i].root, &root))
			*out = &rows[i];
	return 0;
}

int
making_add_head(struct making *m, unsigned side, uint64_t size,
    struct making_head *out, struct error *err)
{
	const struct log_row *log = making_log(m, side, size);
	struct head_row *head;
	struct line_row *line;
	struct buf note;

	*out = (struct making_head){ .size = size };
	if (find_head(m, side, size, &head, err) == -1)
		return -1;
	if (head == NULL)
		return 0;
	if (store_line_first(m->store, log->id, head->size, m->mirrors[side],
		&line, m->arena, err) == -1)
		return -1;
	out->is_there = true;
	buf_init(&note, NOTE_SIZE_MAX);
	buf_add(&note, head->note);
	if (line != NULL && line->size == head->size &&
	    hash_is_equal(&line->root, &head->root)) {
		out->has_line = true;
		out->time = line->time;
		buf_add(&note, line->line);
	}
	out->bytes = kept(m, &note);
	return making_add_file(m, USE_HEAD, side, size, out->bytes, err);
}

/* The smallest head with a line above the entry, or else any above it. */
static int
choose_head(struct making *m, unsigned side, uint64_t index, uint64_t *size,
    struct error *err)
{
	const struct log_row *log = making_log(m, side, index);
	uint64_t n = position_n(index);
	struct line_row *line;
	struct head_row *head;

	*size = 0;
	if (store_line_first(m->store, log->id, n + 1, m->mirrors[side], &line,
		m->arena, err) == -1)
		return -1;
	if (line != NULL && line->size <= log->size) {
		*size = making_position(m, log->id, line->size);
		return 0;
	}
	if (store_head_below(m->store, log->id, log->size, &head, m->arena,
		err) == -1)
		return -1;
	if (head != NULL && head->size > n)
		*size = making_position(m, log->id, head->size);
	return 0;
}

static int
add_path(struct making *m, unsigned side, uint64_t index,
    const struct making_head *head, struct error *err)
{
	struct store_tree tree = { m->store, making_log(m, side, index)->id };
	struct tree_reader reader = store_tree_reader(&tree);
	struct proof_file *file = arena_alloc(m->arena, sizeof(*file));
	uint64_t n = position_n(index);
	struct buf buf;

	file->index = n;
	file->note = head->bytes;
	if (tree_prove(&file->proof, &reader, n, n + 1, position_n(head->size),
		err) == -1)
		return -1;
	buf_init(&buf, PROOF_FILE_MAX);
	proof_file_write(&buf, file);
	return making_add_file(m, USE_PROOF, side, index, kept(m, &buf), err);
}

static int
add_entry(struct making *m, unsigned side, uint64_t index,
    struct entry_row **entry, struct error *err)
{
	const struct log_row *log = making_log(m, side, index);

	*entry = NULL;
	if (log != NULL &&
	    store_entry_get(m->store, log->id, position_n(index), entry,
		m->arena, err) == -1)
		return -1;
	if (*entry == NULL)
		return error_set(err, E_NOT_FOUND, "entry %llu",
		    (unsigned long long)position_n(index));
	if (m->highest[side] <= index)
		m->highest[side] = index + 1;
	return making_add_file(m, USE_RECORD, side, index, (*entry)->der, err);
}

int
making_add_record(struct making *m, unsigned side, uint64_t index,
    uint64_t under, struct making_head *head, struct error *err)
{
	struct making_head anchor;
	struct entry_row *entry;
	uint64_t seen;

	*head = (struct making_head){ .size = under };
	if (add_entry(m, side, index, &entry, err) == -1 ||
	    making_anchor(m, entry, &seen, err) == -1)
		return -1;
	if (under == 0 && choose_head(m, side, index, &under, err) == -1)
		return -1;
	if (under == 0)
		return 0;
	if (making_add_head(m, side, under, head, err) == -1 ||
	    making_add_head(m, 1 - side, seen, &anchor, err) == -1)
		return -1;
	return head->is_there ? add_path(m, side, index, head, err) : 0;
}

static int
add_frontier(struct making *m, unsigned side, uint64_t size, struct error *err)
{
	struct store_tree source = { m->store, making_log(m, side, size)->id };
	struct tree_reader reader = store_tree_reader(&source);
	struct hash peaks[TREE_LEVELS];
	struct tree tree;
	struct buf buf;
	size_t n;

	if (position_n(size) == 0)
		return 0;
	if (tree_frontier_at(&tree, &reader, position_n(size), err) == -1)
		return -1;
	n = tree_peaks(&tree, peaks);
	buf_init(&buf, BUNDLE_FILE_MAX);
	for (size_t i = 0; i < n; i++) {
		encode_base64(&buf, hash_span(&peaks[i]));
		buf_text(&buf, "\n");
	}
	return making_add_file(m, USE_FRONTIER, side, size, kept(m, &buf), err);
}

/* What changes a key, or may be a reaction: is it valid? */
static int
add_ranged(struct making *m, unsigned side, uint64_t index, struct error *err)
{
	struct making_head anchor;
	struct entry_row *entry;
	uint64_t seen;

	if (add_entry(m, side, index, &entry, err) == -1)
		return -1;
	if (entry->verdict != E_NONE ||
	    (entry->kind != KIND_CREDENTIAL && entry->kind != KIND_OPENING &&
		!kind_has_effect(entry->kind, EFFECT_REACTION)))
		return 0;
	if (making_anchor(m, entry, &seen, err) == -1)
		return -1;
	return making_add_head(m, 1 - side, seen, &anchor, err);
}

/* The part of a range that is in one log. */
static int
add_segment(struct making *m, unsigned side, uint64_t from, uint64_t size,
    struct error *err)
{
	struct making_head head;

	if (size - from > BUNDLE_FILES_MAX)
		return error_set(err, E_BUNDLE, "%llu entries to be shown",
		    (unsigned long long)(size - from));
	if (add_frontier(m, side, from, err) == -1 ||
	    making_add_head(m, side, size, &head, err) == -1)
		return -1;
	for (uint64_t i = from; i < size; i++)
		if (add_ranged(m, side, i, err) == -1)
			return -1;
	return 0;
}

int
making_add_range(struct making *m, unsigned side, uint64_t from, uint64_t size,
    struct error *err)
{
	const struct evidence_epoch *epochs = m->epochs[side];
	uint64_t end;

	do {
		end = chain_segment_end(epochs, from, size);
		if (add_segment(m, side, from, end, err) == -1)
			return -1;
		from = chain_next(epochs, end);
	} while (end < size && from > end);
	return 0;
}

int
making_add_documents(struct making *m, const struct entry_row *entry,
    struct error *err)
{
	struct record *record;

	if (!m->order->with_documents && !m->order->with_text)
		return 0;
	if (record_read(&record, entry->content, m->arena, err) == -1)
		return -1;
	for (unsigned i = 0; i < record->documents_n; i++) {
		const struct document *d = &record->documents[i];
		struct span blob;

		if (d->size > BUNDLE_FILE_MAX ||
		    (!m->order->with_documents &&
			d->role != WORD_DOCUMENT_BODY))
			continue;
		if (docket_document_read(m->docket, m->order->peer, &d->sha256,
			0, (size_t)d->size, &blob, m->arena, err) == -1) {
			/* not held, or erased */
			if (err->code == E_DOCUMENT_UNKNOWN)
				continue;
			return -1;
		}
		if (blob.len != d->size)
			return error_set(err, E_IO, "a document is cut off");
		if (making_add_file(m, USE_DOCUMENT, 0, 0, blob, err) == -1)
			return -1;
	}
	return 0;
}

struct credentials {
	struct making *making;
	unsigned side;
};

/* A mirror's keys are for heads of the other log, whatever is shown here. */
static int
see_credential(void *ctx, const struct entry_row *entry, struct error *err)
{
	struct credentials *credentials = ctx;
	struct making *m = credentials->making;
	struct making_head head;
	struct record *record;
	uint64_t index;

	if (record_read(&record, entry->content, m->arena, err) == -1)
		return -1;
	index = making_position(m, entry->log, entry->index);
	if (index >= m->highest[credentials->side] &&
	    record_word(record, MEMBER_CREDENTIAL_USE) != WORD_KEY_USE_MIRROR)
		return 0;
	return making_add_record(m, credentials->side, index, 0, &head, err);
}

/* The opening, the head behind which the log goes on, the credentials. */
static int
add_keys(struct making *m, unsigned side, unsigned epoch, struct error *err)
{
	const struct log_row *log = m->chains[side][epoch - 1];
	struct credentials credentials = { m, side };
	struct making_head head;

	if (log->size > 0 &&
	    making_add_record(m, side, position_of(epoch, 0), 0, &head, err) ==
		-1)
		return -1;
	if (epoch > 1 &&
	    making_add_head(m, side, m->epochs[side][epoch - 1].previous, &head,
		err) == -1)
		return -1;
	return store_entry_kind(m->store, log->id, KIND_CREDENTIAL,
	    see_credential, &credentials, err);
}

int
making_add_credentials(struct making *m, struct error *err)
{
	for (unsigned side = 0; side < 2; side++)
		for (unsigned e = 1; e <= POSITION_EPOCHS_MAX; e++)
			if (m->chains[side][e - 1] != NULL &&
			    (e == 1 || m->epochs[side][e - 1].is_begun) &&
			    add_keys(m, side, e, err) == -1)
				return -1;
	return 0;
}

static int
add_seals(struct making *m, const struct evidence *ev, struct error *err)
{
	for (unsigned side = 0; side < 2; side++) {
		for (size_t i = 0; i < ev->seals_n[side]; i++) {
			const struct evidence_seal *seal = &ev->seals[side][i];
			struct buf pem;

			buf_init(&pem, PEM_MAX);
			certificate_write(&pem, seal->certificate);
			if (making_add_file(m, USE_SEAL, side, seal->from,
				kept(m, &pem), err) == -1)
				return -1;
		}
	}
	return 0;
}

/* A row's place is that of its file. */
static void
order_rows(struct making *m)
{
	struct proof_file_row *rows =
	    arena_array(m->arena, m->manifest.files_n, sizeof(*rows));

	for (size_t i = 0; i < m->manifest.files_n; i++) {
		const struct proof_file_row *row = &m->manifest.files[i];
		const char *name =
		    manifest_file_name(&m->manifest, row, m->arena);

		rows[bundle_find(m->bundle, span_text(name)) -
		    m->bundle->files] = *row;
	}
	m->manifest.files = rows;
}

static int
add_named(struct making *m, const char *name, struct buf *buf,
    struct error *err)
{
	if (buf_check(buf, err) == -1) {
		buf_clear(buf);
		return -1;
	}
	return bundle_add(m->bundle, span_text(name), kept(m, buf), err);
}

int
making_end(struct making *m, const struct evidence *ev, struct error *err)
{
	struct buf buf;

	if (add_seals(m, ev, err) == -1)
		return -1;
	buf_init(&buf, BUNDLE_FILE_MAX);
	howto_write(&buf, ev);
	if (buf_check(&buf, err) == -1) {
		buf_clear(&buf);
		return -1;
	}
	if (making_add_file(m, USE_HOWTO, 0, 0, kept(m, &buf), err) == -1)
		return -1;
	order_rows(m);
	buf_init(&buf, MANIFEST_SIZE_MAX);
	manifest_write(&buf, &m->manifest, m->arena);
	if (add_named(m, MANIFEST_NAME, &buf, err) == -1)
		return -1;
	buf_init(&buf, BUNDLE_FILE_MAX);
	manifest_sums_write(&buf, m->bundle);
	return add_named(m, MANIFEST_SUMS_NAME, &buf, err);
}
