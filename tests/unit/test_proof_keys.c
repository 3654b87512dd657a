/*
 * Mirror keys that credentials name, or declare compromised, as a bundle
 * shows them.  What a party wrote is made up behind its log as it is.
 */

#include <string.h>

#include "base/arena.h"
#include "ledger/note.h"
#include "ledger/proof_file.h"
#include "proof/manifest.h"
#include "seal/ed25519.h"
#include "tests/support/identities.h"
#include "tests/support/openssl.h"
#include "tests/support/prooflab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

/* Entries of south's log in all, and those made up. */
#define LEAVES_MAX 64
#define MADE_MAX 4

static struct prooflab lab;
static struct proof_trust trust;
static struct ed25519_key *fresh;

/* What is made up behind south's log, which has ${from} entries. */
struct made {
	uint64_t from;
	struct span ders[MADE_MAX];
	unsigned n;
};

/* The request that was taken. */
static void
open_taken(struct bundle *bundle, struct made *made)
{
	struct proof_order order;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	fresh = identity_log_key("a fresh mirror key");
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	prooflab_make(&lab, &order, bundle);
	*made =
	    (struct made){ .from = two_log(lab.north, lab.south, false)->size };
}

static void
close_taken(void)
{
	ed25519_key_free(fresh);
	prooflab_close(&lab);
}

static void
add_record(struct made *made, struct record *record)
{
	(void)two_content(lab.south, lab.north, record);
	made->ders[made->n++] =
	    two_seal(lab.south, two_written(&lab.two, record));
}

static struct span
vkey_of(const char *name, const struct ed25519_key *key)
{
	uint8_t public[ED25519_PUBLIC_BYTES];
	struct note_key note_key;
	struct span text;
	struct buf buf;

	ed25519_public(key, public);
	note_key = note_key_of(NOTE_KEY_COSIGNER, span_text(name), public);
	buf_init(&buf, NOTE_VKEY_MAX);
	note_key_write(&buf, &note_key);
	text = arena_copy(lab.arena, buf_span(&buf));
	buf_clear(&buf);
	return text;
}

/* South names ${vkey} for its mirror. */
static void
add_credential(struct made *made, enum word change, struct span vkey)
{
	struct record record = two_record(&lab.two, KIND_CREDENTIAL, NULL);

	record.by = WORD_ROLE_SYSTEM_ADMINISTRATOR;
	two_word(&lab.two, &record, MEMBER_CREDENTIAL_CHANGE, change);
	two_word(&lab.two, &record, MEMBER_CREDENTIAL_USE, WORD_KEY_USE_MIRROR);
	*two_fact(&record, MEMBER_CREDENTIAL_KEY) =
	    (struct fact){ .is_given = true, .n = 1, .text = vkey };
	if (change == WORD_CHANGE_COMPROMISED)
		*two_fact(&record, MEMBER_CREDENTIAL_SINCE) =
		    (struct fact){ .is_given = true,
			    .n = 1,
			    .instant = instant_of(TWO_BEGIN_S) };
	add_record(made, &record);
}

/* South's receipt of ${head}. */
static void
add_receipt(struct made *made, struct span head)
{
	struct record record = two_record(&lab.two, KIND_RECEIPT, NULL);

	*two_fact(&record, MEMBER_RECEIPT_CHECKPOINT) =
	    (struct fact){ .is_given = true, .n = 1, .text = head };
	add_record(made, &record);
}

/* A copy of ${bundle} with entry ${which} of what was made up, its path and
 * the head of all of it. */
static void
put_entry(struct bundle *out, const struct bundle *bundle,
    const struct made *made, unsigned which)
{
	struct log_row *log = two_log(lab.north, lab.south, false);
	uint64_t size = made->from + made->n;
	struct proof_file_row row = { .use = USE_HEAD, .side = 1, .n = size };
	struct hash leaves[LEAVES_MAX], root;
	struct tree_leaves list = { leaves, (size_t)size };
	struct tree_reader reader = tree_leaves_reader(&list);
	struct proof_file file = { .index = made->from + which };
	struct bundle one, two;
	struct error err;
	struct buf buf;

	for (uint64_t i = 0; i < made->from; i++)
		leaves[i] = two_entry(lab.north, lab.south, false, i)->leaf;
	for (unsigned i = 0; i < made->n; i++)
		leaves[made->from + i] = tree_leaf_hash(made->ders[i]);
	two_must(tree_root_at(&root, &reader, size, &err), &err, "root");
	two_must(tree_prove(&file.proof, &reader, file.index, file.index + 1,
		     size, &err),
	    &err, "path");
	file.note = two_head(lab.south, log->origin, size, &root);
	one = *bundle;
	if (bundle_find(bundle,
		span_text(arena_printf(lab.arena,
		    "cert.south.example-head-%llu.checkpoint",
		    (unsigned long long)size))) == NULL)
		prooflab_add_file(&lab, &one, bundle, &row, file.note);
	row = (struct proof_file_row){ .use = USE_RECORD,
		.side = 1,
		.n = file.index };
	prooflab_add_file(&lab, &two, &one, &row, made->ders[which]);
	buf_init(&buf, PROOF_FILE_MAX);
	proof_file_write(&buf, &file);
	row.use = USE_PROOF;
	prooflab_add_file(&lab, out, &two, &row,
	    arena_copy(lab.arena, buf_span(&buf)));
	buf_clear(&buf);
}

static void
put_all(struct bundle *out, const struct bundle *bundle,
    const struct made *made)
{
	struct bundle next;

	*out = *bundle;
	for (unsigned i = 0; i < made->n; i++) {
		put_entry(&next, out, made, i);
		*out = next;
	}
}

/* The head of north's log that the request is under. */
static const struct bundle_file *
taken_head(const struct bundle *bundle)
{
	const struct bundle_file *found = NULL;

	for (size_t i = 0; i < bundle->n; i++)
		if (span_has_prefix(bundle->files[i].name,
			span_text("cert.north.example-head-")))
			found = &bundle->files[i];
	return found;
}

static struct span
with_line(struct span head, struct span line)
{
	return span_text(arena_printf(lab.arena, "%.*s%.*s", (int)head.len,
	    (const char *)head.ptr, (int)line.len, (const char *)line.ptr));
}

/* A head with the line of the fresh key alone. */
static struct span
fresh_head(const struct bundle *bundle)
{
	struct span bare = prooflab_unmirrored(taken_head(bundle)->bytes);

	return with_line(bare,
	    prooflab_line(&lab, bare, "cert.south.example/mirror", fresh));
}

static void
swap_line(struct bundle *out, const struct bundle *bundle, struct span head)
{
	prooflab_swap_head(&lab, out, bundle, taken_head(bundle)->name, head);
}

/* Taken, at whatever time the line says. */
static void
fit_time(struct manifest *manifest, void *ctx)
{
	manifest->claims[0].time = *(const struct instant *)ctx;
}

static void
check_taken(const struct bundle *bundle, enum proof_verdict want)
{
	struct proof_report report;
	struct bundle fitted;
	enum proof_verdict got;
	struct instant now = lab.two.now;

	prooflab_verify(&lab, bundle, &trust, &report);
	got = prooflab_verdict(&report, PROOF_TAKEN);
	/* A line of the lab's clock says another time than the claim. */
	if (got == PROOF_REFUTED) {
		prooflab_list(&lab, &fitted, bundle, fit_time, &now);
		prooflab_verify(&lab, &fitted, &trust, &report);
		got = prooflab_verdict(&report, PROOF_TAKEN);
	}
	if (!check_str(proof_verdict_name(got), proof_verdict_name(want)))
		tap_note("%s", report.lines[0].text);
	tap_note("%s; %s", report.lines[0].why, report.lines[0].rests);
}

TEST(a_line_of_a_key_that_a_credential_names_counts)
{
	struct bundle bundle, swapped, with;
	struct made made;
	const char *said;
	struct error err;

	open_taken(&bundle, &made);
	add_credential(&made, WORD_CHANGE_NEW,
	    vkey_of("cert.south.example/mirror", fresh));
	swap_line(&swapped, &bundle, fresh_head(&bundle));
	check_taken(&swapped, PROOF_NOT_PROVEN);
	put_all(&with, &swapped, &made);
	check_taken(&with, PROOF_PROVEN);
	/* and the old one still does */
	put_all(&with, &bundle, &made);
	check_taken(&with, PROOF_PROVEN);
	/* The commands find the key in the record, too. */
	two_must(proof_add_crls(&swapped, &with, NULL, 0, lab.arena, &err),
	    &err, "again");
	if (openssl_is_here() &&
	    !check_int(prooflab_howto(&lab, &swapped, &said), 0))
		tap_note("%s", said);
	close_taken();
}

TEST(a_credential_that_is_not_valid_names_no_key)
{
	struct bundle bundle, swapped, with;

	for (unsigned i = 0; i < 5; i++) {
		struct made made;

		open_taken(&bundle, &made);
		swap_line(&swapped, &bundle, fresh_head(&bundle));
		switch (i) {
		case 0: /* another party's name */
			add_credential(&made, WORD_CHANGE_NEW,
			    vkey_of("cert.north.example/mirror", fresh));
			break;
		case 1: /* no key at all */
			add_credential(&made, WORD_CHANGE_NEW,
			    span_text("cert.south.example/mirror"));
			break;
		case 2: /* a retired one is only named */
			add_credential(&made, WORD_CHANGE_RETIRED,
			    vkey_of("cert.south.example/mirror", fresh));
			break;
		case 3: /* another key */
			add_credential(&made, WORD_CHANGE_NEW,
			    vkey_of("cert.south.example/mirror",
				identity_of(IDENTITY_EAST)->witness));
			break;
		default: /* sealed by another */
			add_credential(&made, WORD_CHANGE_NEW,
			    vkey_of("cert.south.example/mirror", fresh));
			((uint8_t *)(uintptr_t)made.ders[0]
				.ptr)[made.ders[0].len - 1] ^= 1;
			break;
		}
		put_all(&with, &swapped, &made);
		check_taken(&with, PROOF_NOT_PROVEN);
		close_taken();
	}
}

TEST(a_credential_without_a_path_to_a_head_names_no_key)
{
	struct bundle bundle, swapped, with, bare;
	struct made made;

	open_taken(&bundle, &made);
	add_credential(&made, WORD_CHANGE_NEW,
	    vkey_of("cert.south.example/mirror", fresh));
	swap_line(&swapped, &bundle, fresh_head(&bundle));
	put_all(&with, &swapped, &made);
	prooflab_drop(&lab, &bare, &with,
	    span_text(
		arena_printf(lab.arena, "cert.south.example-%llu.tlog-proof",
		    (unsigned long long)made.from)));
	prooflab_list(&lab, &with, &bare, NULL, NULL);
	check_taken(&with, PROOF_NOT_PROVEN);
	close_taken();
}

TEST(a_line_of_a_compromised_key_counts_if_a_receipt_from_before_quotes_it)
{
	struct bundle bundle, swapped, with;
	struct made made;
	struct span head;

	open_taken(&bundle, &made);
	head = taken_head(&bundle)->bytes;
	add_receipt(&made, head);
	add_credential(&made, WORD_CHANGE_COMPROMISED,
	    vkey_of("cert.south.example/mirror", fresh));
	add_receipt(&made, head);
	/* all of it; then without the receipt that stands before */
	put_all(&with, &bundle, &made);
	check_taken(&with, PROOF_PROVEN);
	put_entry(&swapped, &bundle, &made, 1);
	check_taken(&swapped, PROOF_NOT_PROVEN);
	put_entry(&with, &swapped, &made, 2);
	check_taken(&with, PROOF_NOT_PROVEN);
	/* The key that follows needs no receipt. */
	swap_line(&with, &swapped, fresh_head(&swapped));
	check_taken(&with, PROOF_PROVEN);
	/* Both lines on one head: the sound one counts. */
	swap_line(&with, &swapped,
	    with_line(head,
		prooflab_line(&lab, head, "cert.south.example/mirror", fresh)));
	check_taken(&with, PROOF_PROVEN);
	close_taken();
}

TEST(a_receipt_of_another_line_does_not_save_it)
{
	struct bundle bundle, with;
	struct made made;
	struct span bare, other;

	open_taken(&bundle, &made);
	bare = prooflab_unmirrored(taken_head(&bundle)->bytes);
	/* the same key, the same head, another time */
	other = with_line(bare,
	    two_line(lab.south, bare, instant_add(lab.two.now, period_of(77))));
	add_receipt(&made, other);
	add_credential(&made, WORD_CHANGE_COMPROMISED,
	    vkey_of("cert.south.example/mirror", fresh));
	put_all(&with, &bundle, &made);
	check_taken(&with, PROOF_NOT_PROVEN);
	close_taken();
}
