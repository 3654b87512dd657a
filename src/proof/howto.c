#include "proof/howto.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "domain/record.h"
#include "formats/card.h"
#include "proof/bundle.h"
#include "proof/evidence.h"
#include "proof/howto_fork_text.h"
#include "proof/howto_parts.h"
#include "proof/howto_text.h"
#include "proof/position.h"
#include "proof/verify_claims.h"
#include "seal/certificate.h"

/* A head's file: three lines of text and an empty one, then signatures. */
#define NOTE_FIRST_LINE 5

/* A tlog-proof: its name and the index, then hashes. */
#define PROOF_FIRST_LINE 3

const char *
howto_file(const struct howto *h, enum proof_use use, unsigned side, uint64_t n)
{
	struct proof_file_row row = { .use = use, .side = side, .n = n };

	return manifest_file_name(h->ev->manifest, &row, h->ev->arena);
}

const char *
howto_party(const struct howto *h, unsigned side)
{
	return arena_text(h->ev->arena, h->ev->manifest->parties[side].party);
}

/* A word in single quotes, whatever is in it. */
static void
quote(struct howto *h, const char *text)
{
	buf_text(h->out, "'");
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_text(h->out, "'\\''");
		else
			buf_add(h->out, span_of(text, 1));
	}
	buf_text(h->out, "'");
}

static void
say(struct howto *h, const char *verdict, const char *text)
{
	buf_text(h->out, "echo ");
	quote(h, arena_printf(h->ev->arena, "%s: %s", verdict, text));
	buf_text(h->out, "\n");
}

/* Lines up to and with the one that begins with ${start}; 0: none. */
static unsigned
line_of(struct span text, const char *start)
{
	for (unsigned n = 1; text.len > 0; n++) {
		if (span_has_prefix(text, span_text(start)))
			return n;
		text = span_skip(text, span_find(text, '\n') + 1);
	}
	return 0;
}

static struct span
bytes_of(const struct howto *h, const char *name)
{
	return bundle_find(h->ev->bundle, span_text(name))->bytes;
}

/* The certificates among the card's anchors are what openssl is given. */
static void
write_anchors(struct howto *h, unsigned side)
{
	const char *name = howto_file(h, USE_ANCHORS, side, 0);
	struct span pem;
	unsigned at = 0;

	if (h->ev->cards[side]->anchors_n == 0)
		return;
	pem = bytes_of(h, name);
	for (unsigned i = 0; i < h->ev->cards[side]->anchors_n; i++) {
		unsigned end = line_of(pem, "-----END");

		buf_printf(h->out,
		    "has \"$T/content\" \"$(tail -n +%u %s | head -n %u | "
		    "tr -d '\\n')\"\n",
		    at + 2, name, end - 2);
		at += end;
		for (; end > 0; end--)
			pem = span_skip(pem, span_find(pem, '\n') + 1);
	}
}

/* What the seal certificate in force at an entry is verified with. */
static const char *
anchors_of(const struct howto *h, unsigned side, uint64_t from)
{
	if (from == 0 && h->ev->cards[side]->anchors_n > 0)
		return howto_file(h, USE_ANCHORS, side, 0);
	return howto_file(h, USE_SEAL, side, from);
}

static void
write_sealed(struct howto *h, const char *file, unsigned side, uint64_t from,
    struct instant at)
{
	buf_printf(h->out, "sealed %s %s %s %lld\n", file,
	    howto_file(h, USE_SEAL, side, from), anchors_of(h, side, from),
	    (long long)at.s);
}

/* With the lists of that time, where they say that it was not revoked. */
static void
write_unrevoked(struct howto *h, const struct evidence_record *entry)
{
	buf_printf(h->out, "unrevoked %s %s %s %lld -crl_check%s",
	    howto_file(h, USE_RECORD, entry->side, entry->index),
	    howto_file(h, USE_SEAL, entry->side, 0),
	    anchors_of(h, entry->side, 0), (long long)entry->record->at.s,
	    entry->revocation.is_whole_chain ? "_all" : "");
	for (size_t i = 0; i < h->ev->crls_n; i++)
		if (h->ev->crls[i].side == entry->side &&
		    crl_is_of_time(h->ev->crls[i].crl, entry->record->at))
			buf_printf(h->out, " %s",
			    howto_file(h, USE_CRL, entry->side,
				h->ev->crls[i].n));
	buf_text(h->out, "\n");
}

static void
write_card(struct howto *h, unsigned side)
{
	const char *name = howto_file(h, USE_CARD, side, 0);
	const struct card *card = h->ev->cards[side];
	struct span pem = bytes_of(h, name);
	unsigned begin = line_of(pem, "-----BEGIN CMS");
	unsigned end = line_of(pem, "-----END CMS");
	char text[CARD_FINGERPRINT_TEXT_MAX];
	char digits[HASH_TEXT_MAX];

	buf_printf(h->out,
	    "\n# The card of %s: its fingerprint, its seal, its keys.\n",
	    howto_party(h, side));
	buf_printf(h->out,
	    "tail -n +%u %s | head -n %u | base64 -d >\"$T/card\"\n", begin + 1,
	    name, end - begin - 1);
	buf_printf(h->out, "digest \"$T/card\" %s\n",
	    hash_write(&card->fingerprint, digits));
	write_sealed(h, "\"$T/card\"", side, 0, card->at);
	buf_printf(h->out, "certificate '\"seal\":\"' %s\n",
	    howto_file(h, USE_SEAL, side, 0));
	buf_printf(h->out, "has \"$T/content\" '\"log\":\"%s\"'\n",
	    encode_base64_text(h->ev->arena,
		span_of(card->log, CARD_KEY_BYTES)));
	buf_printf(h->out, "has \"$T/content\" '\"mirror\":\"%.*s\"'\n",
	    (int)card->mirror.len, (const char *)card->mirror.ptr);
	write_anchors(h, side);
	buf_printf(h->out, "echo 'OK: this card says of itself: %s'\n",
	    howto_party(h, side));
	buf_printf(h->out, "echo '    its fingerprint: %s'\n",
	    card_fingerprint_write(&card->fingerprint, text));
}

static void
write_head(struct howto *h, const struct evidence_head *head, const char *file)
{
	unsigned side = head->side;
	unsigned epoch = position_epoch(head->size);
	struct span origin = evidence_origin(h->ev, side, epoch);
	struct note_key writer = evidence_writer(h->ev, side, epoch);
	const struct note_key *mirror = &head->mirror;

	if (head->fault != E_NONE) {
		buf_printf(h->out, "# %s is not signed as it should be.\n",
		    file);
		return;
	}
	buf_printf(h->out, "log_line %s %zu '%.*s' %s\n", file,
	    NOTE_FIRST_LINE + head->writer_line, (int)origin.len,
	    (const char *)origin.ptr,
	    encode_base64_text(h->ev->arena,
		span_of(writer.public_key, NOTE_PUBLIC_BYTES)));
	if (head->has_line)
		buf_printf(h->out, "mirror_line %s %zu '%.*s' %s\n", file,
		    NOTE_FIRST_LINE + head->mirror_line, (int)mirror->name.len,
		    (const char *)mirror->name.ptr,
		    encode_base64_text(h->ev->arena,
			span_of(mirror->public_key, NOTE_PUBLIC_BYTES)));
}

static void
write_heads(struct howto *h)
{
	buf_text(h->out, HOWTO_HEADS);
	for (size_t i = 0; i < h->ev->heads_n; i++) {
		const struct evidence_head *head = &h->ev->heads[i];

		write_head(h, head,
		    howto_file(h, USE_HEAD, head->side, head->size));
	}
	for (unsigned side = 0; side < 2; side++)
		for (unsigned i = 0; i < 2; i++)
			if (h->ev->forks[side].heads[i].bytes.len > 0)
				write_head(h, &h->ev->forks[side].heads[i],
				    howto_file(h, USE_FORK, side, i + 1));
}

/* On which side each hash of an inclusion proof stands (RFC 9162, 2.1.3.2). */
void
howto_steps(struct howto *h, const char *proof, unsigned line,
    const struct proof *path, uint64_t at, uint64_t size)
{
	uint64_t last = size - 1;

	for (size_t i = 0; i < path->n; i++) {
		bool is_left = (at & 1) == 1 || at == last;

		buf_printf(h->out, "up %s %zu %s\n", is_left ? "left" : "right",
		    line + i, proof);
		while (is_left && (at & 1) == 0 && at > 0) {
			at >>= 1;
			last >>= 1;
		}
		at >>= 1;
		last >>= 1;
	}
}

static void
write_path(struct howto *h, const struct evidence_record *entry)
{
	const char *proof = howto_file(h, USE_PROOF, entry->side, entry->index);
	const char *head =
	    howto_file(h, USE_HEAD, entry->side, entry->head->size);

	buf_printf(h->out, "path %s %llu %s %zu\n", proof,
	    (unsigned long long)position_n(entry->index), head,
	    PROOF_FIRST_LINE + entry->proof.proof.n + 1);
	howto_steps(h, proof, PROOF_FIRST_LINE, &entry->proof.proof,
	    position_n(entry->index), position_n(entry->head->size));
	buf_printf(h->out, "is_root %s\n", head);
}

static void
write_leaf(struct howto *h, const char *command,
    const struct evidence_record *entry)
{
	char digits[HASH_TEXT_MAX];

	buf_printf(h->out, "%s %s %s\n", command,
	    howto_file(h, USE_RECORD, entry->side, entry->index),
	    hash_write(&entry->leaf, digits));
}

/* Open the seal; then $T/content is what the record says. */
static void
write_opened(struct howto *h, const struct evidence_record *entry)
{
	struct span origin =
	    evidence_origin(h->ev, entry->side, position_epoch(entry->index));

	if (entry->revocation.state == REVOCATION_REVOKED)
		buf_text(h->out, "# A list has the certificate: not proven.\n");
	if (entry->revocation.state == REVOCATION_NONE && entry->is_issued)
		write_unrevoked(h, entry);
	else
		write_sealed(h,
		    howto_file(h, USE_RECORD, entry->side, entry->index),
		    entry->side, h->ev->seals[entry->side][entry->seal].from,
		    entry->record->at);
	buf_printf(h->out, "has \"$T/content\" '\"log\":\"%.*s\"'\n",
	    (int)origin.len, (const char *)origin.ptr);
}

static void
write_documents(struct howto *h, const struct evidence_record *entry)
{
	const struct record *record = entry->record;
	char digits[HASH_TEXT_MAX];

	for (unsigned i = 0; i < record->documents_n; i++) {
		struct proof_file_row row = { .use = USE_DOCUMENT,
			.sha256 = record->documents[i].sha256 };
		const char *name =
		    manifest_file_name(h->ev->manifest, &row, h->ev->arena);

		if (bundle_find(h->ev->bundle, span_text(name)) == NULL)
			continue;
		hash_write(&row.sha256, digits);
		buf_printf(h->out, "digest %s %s\n", name, digits);
		buf_printf(h->out, "has \"$T/content\" '\"sha256\":\"%s\"'\n",
		    digits);
		buf_printf(h->out, "# its content: tail -c +17 %s\n", name);
		say(h, "OK",
		    arena_printf(h->ev->arena, "%s is a document that it names",
			name));
	}
}

/* A mirror or log key that the credential names. */
static void
write_key(struct howto *h, const struct evidence_record *entry)
{
	const struct evidence_keys *keys = &h->ev->keys[entry->side];
	struct buf vkey;

	for (size_t i = 1; i < keys->logs_n; i++)
		if (keys->logs[i].from == entry->index + 1)
			buf_printf(h->out,
			    "has \"$T/content\" '\"key\":\"%s\"'\n",
			    encode_base64_text(h->ev->arena,
				span_of(keys->logs[i].key, NOTE_PUBLIC_BYTES)));

	for (size_t i = 1; i < keys->mirrors_n; i++) {
		if (keys->terms[i].from != entry->index + 1)
			continue;
		buf_init(&vkey, NOTE_VKEY_MAX);
		note_key_write(&vkey, &keys->mirrors[i]);
		buf_printf(h->out, "has \"$T/content\" '\"key\":\"%.*s\"'\n",
		    (int)vkey.len, (const char *)vkey.ptr);
		buf_clear(&vkey);
	}
}

/* Cards in entry 0, a new certificate in a credential. */
static void
write_kind(struct howto *h, const struct evidence_record *entry)
{
	char digits[HASH_TEXT_MAX];

	for (unsigned side = 0; position_n(entry->index) == 0 && side < 2;
	     side++)
		buf_printf(h->out, "has \"$T/content\" '%s'\n",
		    hash_write(&h->ev->cards[side]->fingerprint, digits));
	for (size_t i = 1; i < h->ev->seals_n[entry->side]; i++)
		if (h->ev->seals[entry->side][i].from == entry->index + 1)
			buf_printf(h->out,
			    "certificate '\"certificate\":\"' %s\n",
			    howto_file(h, USE_SEAL, entry->side,
				entry->index + 1));
}

/* A later log quotes the head behind which it goes on. */
static void
write_previous(struct howto *h, const struct evidence_record *entry)
{
	unsigned epoch = position_epoch(entry->index);
	uint64_t at = h->ev->keys[entry->side].epochs[epoch - 1].previous;

	if (epoch > 1 && evidence_is_end(h->ev, entry->side, at))
		buf_printf(h->out, "has \"$T/content\" \"$(line 3 %s)\"\n",
		    howto_file(h, USE_HEAD, entry->side, at));
}

static const char *
entry_text(const struct howto *h, uint64_t index)
{
	unsigned long long n = position_n(index);

	if (position_epoch(index) == 1)
		return arena_printf(h->ev->arena, "entry %llu", n);
	return arena_printf(h->ev->arena, "entry %llu of epoch %u", n,
	    position_epoch(index));
}

static void
write_entry(struct howto *h, const struct evidence_record *entry)
{
	const char *kind = "no valid record";

	if (entry->record != NULL)
		kind = kind_row(entry->record->kind)->name;
	buf_printf(h->out, "\n# %s of %s's log: %s.\n",
	    entry_text(h, entry->index), howto_party(h, entry->side), kind);
	if (entry->head != NULL) {
		write_leaf(h, "leaf", entry);
		write_path(h, entry);
	}
	if (entry->record == NULL)
		return;
	write_opened(h, entry);
	write_kind(h, entry);
	if (entry->record->kind == KIND_CREDENTIAL)
		write_key(h, entry);
	if (entry->record->kind == KIND_OPENING)
		write_previous(h, entry);
	write_documents(h, entry);
	say(h, "OK",
	    arena_printf(h->ev->arena, "%s of %s, %s",
		entry_text(h, entry->index), howto_party(h, entry->side),
		kind));
}

static void
write_times(struct howto *h, const char *command, unsigned n)
{
	while (n-- > 0)
		buf_printf(h->out, "%s\n", command);
}

/* The tree is built anew: what is folded, then each entry up to its end. */
static void
write_segment(struct howto *h, unsigned side, uint64_t from, uint64_t size,
    const char *digits)
{
	unsigned peaks = (unsigned)__builtin_popcountll(position_n(from));

	buf_text(h->out, "N=0\n");
	for (unsigned i = 0; i < peaks; i++)
		buf_printf(h->out, "peak %u %s\n", i + 1,
		    howto_file(h, USE_FRONTIER, side, from));
	for (uint64_t i = from; i < size; i++) {
		const struct evidence_record *entry =
		    evidence_entry(h->ev, side, i);

		write_leaf(h, "push", entry);
		write_times(h, "fold",
		    (unsigned)__builtin_ctzll(
			~(unsigned long long)position_n(i)));
		if (entry->record != NULL) {
			write_opened(h, entry);
			buf_printf(h->out, "no_reaction %s\n", digits);
		} else {
			buf_text(h->out, "# that is no valid record\n");
		}
	}
	if (position_n(size) == 0)
		return;
	write_times(h, "fold",
	    (unsigned)__builtin_popcountll(position_n(size)) - 1);
	buf_printf(h->out, "mv \"$T/s1\" \"$T/h\"\nis_root %s\n",
	    howto_file(h, USE_HEAD, side, size));
}

static void
write_range(struct howto *h, const struct proof_claim_row *claim)
{
	unsigned side = 1 - claim->side;
	uint64_t from = claim->from, end;
	char digits[HASH_TEXT_MAX];

	hash_write(&claim->record, digits);
	buf_printf(h->out,
	    "\n# %s's log is complete there, and none of the entries that "
	    "name\n"
	    "# the record %.12s is a reaction.\n",
	    howto_party(h, side), digits);
	do {
		end = evidence_segment_end(h->ev, side, from, claim->size);
		write_segment(h, side, from, end, digits);
		from = evidence_next(h->ev, side, end);
	} while (end < claim->size);
}

/* The record names a root; below it is a receipt that quotes a line. */
static void
write_not_earlier(struct howto *h, const struct proof_claim_row *claim)
{
	const struct evidence_record *record =
	    evidence_find(h->ev, claim->side, &claim->record);
	const struct evidence_record *receipt =
	    evidence_find(h->ev, 1 - claim->side, &claim->other);
	const struct evidence_head *head =
	    evidence_head(h->ev, claim->side, claim->size);

	if (head == NULL || !head->has_line)
		return;
	buf_printf(h->out,
	    "\n# %s of %s's log is younger than a line that it leads to.\n",
	    entry_text(h, record->index), howto_party(h, claim->side));
	write_opened(h, record);
	buf_printf(h->out, "has \"$T/content\" \"$(line 3 %s)\"\n",
	    howto_file(h, USE_HEAD, receipt->side, receipt->head->size));
	write_opened(h, receipt);
	buf_printf(h->out,
	    "has \"$T/content\" \"$(line %zu %s | cut -d ' ' -f 3)\"\n",
	    NOTE_FIRST_LINE + head->mirror_line,
	    howto_file(h, USE_HEAD, head->side, head->size));
}

static void
write_claims(struct howto *h)
{
	const struct manifest *m = h->ev->manifest;
	struct proof_line *lines =
	    arena_array(h->ev->arena, m->claims_n, sizeof(*lines));

	for (size_t i = 0; i < m->claims_n; i++) {
		const struct proof_claim_row *claim = &m->claims[i];

		verify_claim(&lines[i], h->ev, i, h->ev->arena);
		if (claim->claim == PROOF_NO_REACTION &&
		    h->ev->ranges[i] == E_NONE)
			write_range(h, claim);
		if (lines[i].verdict != PROOF_PROVEN)
			continue;
		if (claim->claim == PROOF_NOT_EARLIER)
			write_not_earlier(h, claim);
		if (claim->claim == PROOF_FORK)
			howto_fork(h, claim);
	}
	buf_text(h->out, HOWTO_END);
	for (size_t i = 0; i < m->claims_n; i++)
		say(h, lines[i].verdict == PROOF_PROVEN ? "OK" : "NOT PROVEN",
		    lines[i].text);
}

void
howto_write(struct buf *out, const struct evidence *evidence)
{
	struct howto h = { out, evidence };

	buf_text(out, HOWTO_START);
	buf_text(out, HOWTO_COMMANDS);
	buf_text(out, HOWTO_SIGNATURES);
	buf_text(out, HOWTO_FORK);
	for (unsigned side = 0; side < 2; side++)
		write_card(&h, side);
	write_heads(&h);
	for (size_t i = 0; i < evidence->records_n; i++)
		if (evidence->records[i].has_proof)
			write_entry(&h, &evidence->records[i]);
	write_claims(&h);
}
