/*
 * A second epoch of south's log, made up behind the first: what a verifier
 * makes of it.
 */

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/proof_file.h"
#include "proof/manifest.h"
#include "proof/position.h"
#include "seal/certificate.h"
#include "seal/ed25519.h"
#include "seal/seal.h"
#include "tests/lab.h"
#include "tests/support/identities.h"
#include "tests/support/openssl.h"
#include "tests/support/prooflab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

#define ENTRIES_MAX 8
#define SECOND "cert.south.example/docket/cert.north.example/2"

static struct prooflab lab;
static struct proof_trust trust;
static struct instant until;

/* The second log. */
struct second {
	uint64_t end; /* of the first */
	struct span ders[ENTRIES_MAX];
	unsigned n;
};

/* North asked, south says nothing to it; all that is held. */
static void
open_silent(struct bundle *bundle)
{
	struct proof_order order;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	until = instant_add(lab.two.now, period_of(86400));
	order = prooflab_order(&lab, 1u << PROOF_NO_REACTION);
	order.has_until = true;
	order.until = until;
	prooflab_make(&lab, &order, bundle);
	two_later(&lab.two, 2 * 86400);
}

static uint64_t
first_size(void)
{
	return two_log(lab.north, lab.south, false)->size;
}

static struct span
joined(struct span a, struct span b)
{
	return span_text(arena_printf(lab.arena, "%.*s%.*s", (int)a.len,
	    (const char *)a.ptr, (int)b.len, (const char *)b.ptr));
}

/* The head of the first log at ${size}, with north's line. */
static struct span
first_head(uint64_t size)
{
	struct log_row *log = two_log(lab.north, lab.south, false);
	struct hash root = two_root(lab.north, log, size);
	struct span note = two_head(lab.south, log->origin, size, &root);

	return joined(note, two_line(lab.north, note, lab.two.now));
}

/* South's record in the second log. */
static void
add_record(struct second *second, struct record *record, struct seal_key *key)
{
	struct span content;
	struct error err;

	(void)two_content(lab.south, lab.north, record);
	record->log = span_text(SECOND);
	content = two_written(&lab.two, record);
	if (key == NULL)
		key = two_seal_key(lab.south);
	two_must(seal_sign(&second->ders[second->n++], content, key,
		     lab.two.now, lab.arena, &err),
	    &err, "seal");
}

static void
add_opening(struct second *second, struct span previous, struct seal_key *key)
{
	struct record record = two_record(&lab.two, KIND_OPENING, NULL);
	struct fact *cards = two_fact(&record, MEMBER_OPENING_CARDS);
	struct hash *hashes = arena_array(lab.arena, 2, sizeof(*hashes));

	record.by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	for (unsigned i = 0; i < 2; i++)
		hashes[i] = trust.given[i].fingerprint;
	cards->is_given = true;
	cards->n = 2;
	cards->hashes = hashes;
	if (previous.len > 0)
		*two_fact(&record, MEMBER_OPENING_PREVIOUS) =
		    (struct fact){ .is_given = true, .n = 1, .text = previous };
	add_record(second, &record, key);
}

static void
add_kind(struct second *second, enum kind kind, struct seal_key *key)
{
	struct record record = two_record(&lab.two, kind,
	    kind == KIND_ACKNOWLEDGEMENT ? &lab.request : NULL);

	add_record(second, &record, key);
}

static void
put(struct bundle *bundle, enum proof_use use, uint64_t n, struct span bytes)
{
	struct proof_file_row row = { .use = use, .side = 1, .n = n };
	struct bundle with;

	prooflab_add_file(&lab, &with, bundle, &row, bytes);
	*bundle = with;
}

/* A head of the second log by ${key}. */
static struct span
head_by(const struct ed25519_key *key, uint64_t size, const struct hash *root)
{
	struct checkpoint head = { span_text(SECOND), size, *root };
	struct span note;
	struct error err;
	struct buf buf;

	buf_init(&buf, NOTE_SIZE_MAX);
	two_must(checkpoint_sign(&buf, &head, key, &err), &err, "head");
	note = arena_copy(lab.arena, buf_span(&buf));
	buf_clear(&buf);
	return note;
}

/* A copy of ${bundle} with the whole second log, signed by ${key} or as ever.
 */
static void
put_second(struct bundle *out, const struct bundle *bundle,
    const struct second *second, const struct ed25519_key *key)
{
	struct hash leaves[ENTRIES_MAX], root;
	struct tree_leaves list = { leaves, second->n };
	struct tree_reader reader = tree_leaves_reader(&list);
	struct span note;
	struct error err;

	for (unsigned i = 0; i < second->n; i++)
		leaves[i] = tree_leaf_hash(second->ders[i]);
	two_must(tree_root_at(&root, &reader, second->n, &err), &err, "root");
	note = two_head(lab.south, span_text(SECOND), second->n, &root);
	if (key != NULL)
		note = head_by(key, second->n, &root);
	*out = *bundle;
	put(out, USE_HEAD, position_of(2, second->n), note);
	for (unsigned i = 0; i < second->n; i++) {
		struct proof_file file = { .index = i, .note = note };
		struct buf buf;

		put(out, USE_RECORD, position_of(2, i), second->ders[i]);
		two_must(tree_prove(&file.proof, &reader, i, i + 1, second->n,
			     &err),
		    &err, "path");
		buf_init(&buf, PROOF_FILE_MAX);
		proof_file_write(&buf, &file);
		put(out, USE_PROOF, position_of(2, i),
		    arena_copy(lab.arena, buf_span(&buf)));
		buf_clear(&buf);
	}
}

static void
end_at(struct manifest *manifest, void *ctx)
{
	manifest->claims[0].size = *(const uint64_t *)ctx;
}

/* What comes of the claim that the silence goes on to the end of the second. */
static void
check_silence(const struct bundle *bundle, const struct second *second,
    enum proof_verdict want)
{
	uint64_t size = position_of(2, second->n);
	struct proof_report report;
	struct bundle claimed;
	enum proof_verdict got;

	prooflab_list(&lab, &claimed, bundle, end_at, &size);
	prooflab_verify(&lab, &claimed, &trust, &report);
	got = prooflab_verdict(&report, PROOF_NO_REACTION);
	if (!check_str(proof_verdict_name(got), proof_verdict_name(want)))
		tap_note("%s", report.lines[0].text);
	tap_note("%s", report.lines[0].why);
}

/* The HOWTO as it has to be for what is in it; the commands agree. */
static void
check_howto(const struct bundle *bundle, const struct second *second)
{
	uint64_t size = position_of(2, second->n);
	struct bundle claimed, again;
	struct error err;
	const char *said;

	prooflab_list(&lab, &claimed, bundle, end_at, &size);
	two_must(proof_add_crls(&again, &claimed, NULL, 0, lab.arena, &err),
	    &err, "again");
	if (openssl_is_here() &&
	    !check_int(prooflab_howto(&lab, &again, &said), 0))
		tap_note("%s", said);
}

TEST(silence_goes_on_across_epochs)
{
	struct second second = { .n = 0 };
	struct bundle bundle, with;

	open_silent(&bundle);
	add_opening(&second, first_head(first_size()), NULL);
	add_kind(&second, KIND_REPORT, NULL);
	put_second(&with, &bundle, &second, NULL);
	check_silence(&with, &second, PROOF_PROVEN);
	check_howto(&with, &second);
	prooflab_close(&lab);
}

TEST(a_reaction_in_the_next_epoch_refutes_silence)
{
	struct second second = { .n = 0 };
	struct bundle bundle, with;

	open_silent(&bundle);
	add_opening(&second, first_head(first_size()), NULL);
	add_kind(&second, KIND_ACKNOWLEDGEMENT, NULL);
	add_kind(&second, KIND_REPORT, NULL);
	put_second(&with, &bundle, &second, NULL);
	check_silence(&with, &second, PROOF_REFUTED);
	prooflab_close(&lab);
}

TEST(a_range_with_a_hole_between_epochs_is_not_complete)
{
	struct second second = { .n = 0 };
	struct bundle bundle, with, less, listed;
	uint64_t last;

	open_silent(&bundle);
	add_opening(&second, first_head(first_size()), NULL);
	add_kind(&second, KIND_REPORT, NULL);
	put_second(&with, &bundle, &second, NULL);
	/* the last entry of the first log; its last head; the opening */
	last = first_size() - 1;
	prooflab_drop(&lab, &less, &with,
	    span_text(arena_printf(lab.arena, "cert.south.example-%llu.p7m",
		(unsigned long long)last)));
	prooflab_list(&lab, &listed, &less, NULL, NULL);
	check_silence(&listed, &second, PROOF_NOT_PROVEN);
	prooflab_drop(&lab, &less, &with,
	    span_text(arena_printf(lab.arena,
		"cert.south.example-head-%llu.checkpoint",
		(unsigned long long)first_size())));
	prooflab_list(&lab, &listed, &less, NULL, NULL);
	check_silence(&listed, &second, PROOF_NOT_PROVEN);
	prooflab_drop(&lab, &less, &with,
	    span_text("cert.south.example-e2-0.tlog-proof"));
	prooflab_drop(&lab, &listed, &less,
	    span_text("cert.south.example-e2-0.p7m"));
	prooflab_list(&lab, &less, &listed, NULL, NULL);
	check_silence(&less, &second, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}

TEST(an_epoch_that_begins_wrongly_does_not_begin)
{
	for (unsigned i = 0; i < 5; i++) {
		struct second second = { .n = 0 };
		struct bundle bundle, with;
		struct log_row *log;
		struct span previous;
		struct hash root;

		open_silent(&bundle);
		log = two_log(lab.north, lab.south, false);
		root = two_root(lab.north, log, log->size);
		switch (i) {
		case 0: /* nothing, though more was taken */
			previous = span_text("");
			break;
		case 1: /* less than was taken */
			previous = first_head(1);
			break;
		case 2: /* without north's line */
			previous =
			    two_head(lab.south, log->origin, log->size, &root);
			break;
		case 3: /* signed by another */
			previous =
			    two_head(lab.north, log->origin, log->size, &root);
			break;
		default: /* of no log before */
			previous = two_head(lab.south, span_text(SECOND),
			    log->size, &root);
			previous = joined(previous,
			    two_line(lab.north, previous, lab.two.now));
			break;
		}
		add_opening(&second, previous, NULL);
		add_kind(&second, KIND_REPORT, NULL);
		put_second(&with, &bundle, &second, NULL);
		check_silence(&with, &second, PROOF_NOT_PROVEN);
		prooflab_close(&lab);
	}
}

/* South names ${text} for ${use}, as the last entry of its first log. */
static void
put_credential(enum word use, enum member member, const char *text)
{
	struct record record = two_record(&lab.two, KIND_CREDENTIAL, NULL);

	record.by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	two_word(&lab.two, &record, MEMBER_CREDENTIAL_CHANGE, WORD_CHANGE_NEW);
	two_word(&lab.two, &record, MEMBER_CREDENTIAL_USE, use);
	*two_fact(&record, member) =
	    (struct fact){ .is_given = true, .n = 1, .text = span_text(text) };
	(void)two_content(lab.south, lab.north, &record);
	two_put(lab.south, lab.north,
	    two_seal(lab.south, two_written(&lab.two, &record)));
}

/* South's first log ends with a credential, and nothing was said. */
static void
open_renewed(struct bundle *bundle, enum word use, enum member member,
    const char *text)
{
	struct proof_order order;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	until = instant_add(lab.two.now, period_of(86400));
	put_credential(use, member, text);
	/* North takes it; south is not asked to write any more. */
	for (unsigned i = 0; i < 6; i++)
		two_step(lab.south, lab.north);
	order = prooflab_order(&lab, 1u << PROOF_NO_REACTION);
	order.has_until = true;
	order.until = until;
	prooflab_make(&lab, &order, bundle);
	two_later(&lab.two, 2 * 86400);
}

TEST(a_seal_certificate_of_one_epoch_is_in_force_in_the_next)
{
	struct seal_key *key = identity_key("cert.south.example",
	    SEAL_ROLE_SEAL, "next", instant_of(TWO_BEGIN_S - 86400),
	    instant_of(TWO_BEGIN_S + 86400 * 400));
	struct second second = { .n = 0 }, stale = { .n = 0 };
	struct bundle bundle, with;
	const char *text = encode_base64_text(lab_arena(),
	    certificate_der(seal_key_certificate(key)));

	open_renewed(&bundle, WORD_KEY_USE_SEAL, MEMBER_CREDENTIAL_CERTIFICATE,
	    text);
	add_opening(&second, first_head(first_size()), key);
	add_kind(&second, KIND_REPORT, key);
	put_second(&with, &bundle, &second, NULL);
	check_silence(&with, &second, PROOF_PROVEN);
	check_howto(&with, &second);
	/* and the old one no more */
	add_opening(&stale, first_head(first_size()), NULL);
	add_kind(&stale, KIND_REPORT, NULL);
	put_second(&with, &bundle, &stale, NULL);
	check_silence(&with, &stale, PROOF_NOT_PROVEN);
	seal_key_free(key);
	prooflab_close(&lab);
}

TEST(a_log_key_that_a_credential_names_signs_the_next_epoch)
{
	struct ed25519_key *key = identity_log_key("the next log key");
	uint8_t public[ED25519_PUBLIC_BYTES];
	struct second second = { .n = 0 };
	struct bundle bundle, with;

	ed25519_public(key, public);
	open_renewed(&bundle, WORD_KEY_USE_LOG, MEMBER_CREDENTIAL_KEY,
	    encode_base64_text(lab_arena(), span_of(public, sizeof(public))));
	add_opening(&second, first_head(first_size()), NULL);
	add_kind(&second, KIND_REPORT, NULL);
	put_second(&with, &bundle, &second, key);
	check_silence(&with, &second, PROOF_PROVEN);
	check_howto(&with, &second);
	/* and the old one signs it no more */
	put_second(&with, &bundle, &second, NULL);
	check_silence(&with, &second, PROOF_NOT_PROVEN);
	ed25519_key_free(key);
	prooflab_close(&lab);
}

/* An entry behind the first log that nobody took: its leaf. */
static struct hash
put_lost(struct bundle *out, const struct bundle *bundle, struct span der)
{
	struct log_row *log = two_log(lab.north, lab.south, false);
	uint64_t n = log->size;
	struct hash *leaves = arena_array(lab.arena, n + 1, sizeof(*leaves));
	struct tree_leaves list = { leaves, (size_t)n + 1 };
	struct tree_reader reader = tree_leaves_reader(&list);
	struct proof_file file = { .index = n };
	struct hash root;
	struct error err;
	struct buf buf;

	for (uint64_t i = 0; i < n; i++)
		leaves[i] = two_entry(lab.north, lab.south, false, i)->leaf;
	leaves[n] = tree_leaf_hash(der);
	two_must(tree_root_at(&root, &reader, n + 1, &err), &err, "root");
	two_must(tree_prove(&file.proof, &reader, n, n + 1, n + 1, &err), &err,
	    "path");
	file.note = two_head(lab.south, log->origin, n + 1, &root);
	*out = *bundle;
	put(out, USE_HEAD, n + 1, file.note);
	put(out, USE_RECORD, n, der);
	buf_init(&buf, PROOF_FILE_MAX);
	proof_file_write(&buf, &file);
	put(out, USE_PROOF, n, arena_copy(lab.arena, buf_span(&buf)));
	buf_clear(&buf);
	return leaves[n];
}

static void
claim_reacted(struct manifest *manifest, void *ctx)
{
	manifest->claims[0] = (struct proof_claim_row){ .claim = PROOF_REACTED,
		.record = lab.request,
		.other = *(const struct hash *)ctx };
}

static void
check_reacted(const struct bundle *bundle, struct hash leaf,
    enum proof_verdict want)
{
	struct proof_report report;
	struct bundle claimed;

	prooflab_list(&lab, &claimed, bundle, claim_reacted, &leaf);
	prooflab_verify(&lab, &claimed, &trust, &report);
	check_str(proof_verdict_name(prooflab_verdict(&report, PROOF_REACTED)),
	    proof_verdict_name(want));
	tap_note("%s", report.lines[0].why);
}

TEST(what_the_next_log_leaves_out_proves_nothing)
{
	struct second second = { .n = 0 };
	struct bundle bundle, lost, with;
	struct record record;
	struct span der;
	struct hash leaf;

	open_silent(&bundle);
	record = two_record(&lab.two, KIND_ACKNOWLEDGEMENT, &lab.request);
	der = two_seal(lab.south, two_content(lab.south, lab.north, &record));
	leaf = put_lost(&lost, &bundle, der);
	check_reacted(&lost, leaf, PROOF_PROVEN);
	add_opening(&second, first_head(first_size()), NULL);
	add_kind(&second, KIND_REPORT, NULL);
	put_second(&with, &lost, &second, NULL);
	check_reacted(&with, leaf, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}
