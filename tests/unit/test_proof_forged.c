#include <string.h>

#include "base/arena.h"
#include "ledger/checkpoint.h"
#include "ledger/cosignature.h"
#include "ledger/note.h"
#include "proof/manifest.h"
#include "seal/digest.h"
#include "store/head.h"
#include "tests/support/identities.h"
#include "tests/support/prooflab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

/* Each flip that gets by the digests costs a whole verification. */
#define FLIP_STEP 11

static struct prooflab lab;

/* The bundle of a request that was taken, and who is to be trusted. */
static void
open_taken(struct bundle *bundle, struct proof_trust *trust)
{
	struct proof_order order;

	prooflab_open(&lab);
	*trust = prooflab_trust(&lab);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	order.with_text = true;
	prooflab_make(&lab, &order, bundle);
}

/* Is there a claim that is still proven, in the same words? */
static bool
says_the_same(const struct bundle *bundle, const struct proof_trust *trust,
    const struct proof_line *before)
{
	struct arena *arena = arena_new();
	struct proof_report report;
	struct error err;
	bool is_same = false;

	if (proof_verify(bundle, trust, &report, arena, &err) == 0)
		for (size_t i = 0; i < report.n; i++)
			if (report.lines[i].verdict == PROOF_PROVEN &&
			    strcmp(report.lines[i].text, before->text) == 0 &&
			    strcmp(report.lines[i].rests, before->rests) == 0)
				is_same = true;
	arena_free(arena);
	return is_same;
}

static bool
has_name(const struct bundle_file *file, const char *name)
{
	return span_is_text(file->name, name);
}

TEST(no_byte_of_a_good_bundle_can_be_flipped)
{
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle;
	unsigned survived = 0;
	size_t flipped = 0;

	open_taken(&bundle, &trust);
	prooflab_verify(&lab, &bundle, &trust, &report);
	require(report.n == 1 && report.lines[0].verdict == PROOF_PROVEN);
	for (size_t i = 0; i < bundle.n; i++) {
		struct bundle_file *file = &bundle.files[i];
		struct span good = file->bytes;
		struct span bytes = arena_copy(lab.arena, good);
		uint8_t *spoilt = (uint8_t *)(uintptr_t)bytes.ptr;

		file->bytes = bytes;
		for (size_t at = 0; at < good.len; at++, flipped++) {
			spoilt[at] ^= (uint8_t)(1u << (at % 8));
			if (says_the_same(&bundle, &trust, &report.lines[0]) &&
			    survived++ < 10)
				tap_note("byte %zu of %.*s", at,
				    (int)file->name.len,
				    (const char *)file->name.ptr);
			spoilt[at] = good.ptr[at];
		}
		file->bytes = good;
	}
	tap_note("%zu bytes", flipped);
	check_int(survived, 0);
	prooflab_close(&lab);
}

/* A head that only shows that an anchor is true is not what it is about. */
static bool
is_evidence(const struct bundle *bundle, const struct bundle_file *file)
{
	if (has_name(file, MANIFEST_NAME) ||
	    has_name(file, MANIFEST_SUMS_NAME) ||
	    has_name(file, MANIFEST_HOWTO_NAME))
		return false;
	if (memmem(file->name.ptr, file->name.len, "-head-", 6) == NULL)
		return true;
	for (size_t i = 0; i < bundle->n; i++) {
		const struct bundle_file *other = &bundle->files[i];

		if (other != file &&
		    memmem(other->bytes.ptr, other->bytes.len, file->bytes.ptr,
			file->bytes.len) != NULL)
			return true;
	}
	return false;
}

TEST(no_byte_of_evidence_can_be_flipped_by_who_writes_the_lists_anew)
{
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle;
	unsigned survived = 0;

	open_taken(&bundle, &trust);
	prooflab_verify(&lab, &bundle, &trust, &report);
	for (size_t i = 0; i < bundle.n; i++) {
		struct bundle_file *file = &bundle.files[i];

		if (!is_evidence(&bundle, file))
			continue;
		for (size_t at = i % FLIP_STEP; at < file->bytes.len;
		     at += FLIP_STEP) {
			struct prooflab scratch = { .arena = arena_new() };
			struct span bytes =
			    arena_copy(scratch.arena, file->bytes);
			struct bundle spoilt, listed;

			((uint8_t *)(uintptr_t)bytes.ptr)[at] ^=
			    (uint8_t)(1u << (at % 8));
			prooflab_swap(&scratch, &spoilt, &bundle, file->name,
			    bytes);
			prooflab_list(&scratch, &listed, &spoilt, NULL, NULL);
			if (says_the_same(&listed, &trust, &report.lines[0]) &&
			    survived++ < 10)
				tap_note("byte %zu of %.*s", at,
				    (int)file->name.len,
				    (const char *)file->name.ptr);
			arena_free(scratch.arena);
		}
	}
	check_int(survived, 0);
	prooflab_close(&lab);
}

/* The head of north's log that the request is under. */
static struct span
head_name(const struct bundle *bundle)
{
	struct bundle_file found = { .name = { NULL, 0 } };

	for (size_t i = 0; i < bundle->n; i++)
		if (span_has_prefix(bundle->files[i].name,
			span_text("cert.north.example-head-")))
			found = bundle->files[i];
	return found.name;
}

TEST(no_byte_of_a_head_can_be_flipped_together_with_the_paths_to_it)
{
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle;
	struct span name, good;
	unsigned survived = 0;

	open_taken(&bundle, &trust);
	prooflab_verify(&lab, &bundle, &trust, &report);
	name = head_name(&bundle);
	good = bundle_find(&bundle, name)->bytes;
	for (size_t at = 0; at < good.len; at++) {
		struct span bytes = arena_copy(lab.arena, good);
		struct bundle spoilt;

		((uint8_t *)(uintptr_t)bytes.ptr)[at] ^= 1;
		prooflab_swap_head(&lab, &spoilt, &bundle, name, bytes);
		if (says_the_same(&spoilt, &trust, &report.lines[0]))
			survived++;
	}
	check_int(survived, 0);
	prooflab_close(&lab);
}

static enum proof_verdict
verdict_with_line(const struct bundle *bundle, const struct proof_trust *trust,
    struct span line)
{
	struct span name = head_name(bundle);
	struct proof_report report;
	struct bundle forged;
	struct buf buf;

	buf_init(&buf, NOTE_SIZE_MAX);
	buf_add(&buf, prooflab_unmirrored(bundle_find(bundle, name)->bytes));
	buf_add(&buf, line);
	prooflab_swap_head(&lab, &forged, bundle, name,
	    arena_copy(lab.arena, buf_span(&buf)));
	buf_clear(&buf);
	prooflab_verify(&lab, &forged, trust, &report);
	return prooflab_verdict(&report, PROOF_TAKEN);
}

/* A line on the head by ${key}, named so. */
static struct span
line_of(const struct bundle *bundle, const char *name,
    const struct ed25519_key *key)
{
	return prooflab_line(&lab,
	    bundle_find(bundle, head_name(bundle))->bytes, name, key);
}

TEST(only_the_line_of_the_other_party_s_mirror_is_a_receipt)
{
	struct proof_trust trust;
	struct bundle bundle;
	const struct ed25519_key *east = identity_of(IDENTITY_EAST)->witness;

	open_taken(&bundle, &trust);
	/* none; a witness; a stranger who takes the mirror's name; the
	 * sender's own mirror; the sender's log key in the mirror's role */
	check_int(verdict_with_line(&bundle, &trust, span_text("")),
	    PROOF_NOT_PROVEN);
	check_int(verdict_with_line(&bundle, &trust,
		      line_of(&bundle, "cert.east.example/witness", east)),
	    PROOF_NOT_PROVEN);
	check_int(verdict_with_line(&bundle, &trust,
		      line_of(&bundle, "cert.south.example/mirror", east)),
	    PROOF_NOT_PROVEN);
	check_int(verdict_with_line(&bundle, &trust,
		      two_line(lab.north,
			  bundle_find(&bundle, head_name(&bundle))->bytes,
			  lab.two.now)),
	    PROOF_NOT_PROVEN);
	check_int(verdict_with_line(&bundle, &trust,
		      line_of(&bundle, "cert.south.example/mirror",
			  two_log_key(lab.south))),
	    PROOF_NOT_PROVEN);
	/* and the right one, made again, is as good as the first */
	check_int(verdict_with_line(&bundle, &trust,
		      two_line(lab.south,
			  bundle_find(&bundle, head_name(&bundle))->bytes,
			  lab.two.now)),
	    PROOF_PROVEN);
	prooflab_close(&lab);
}

TEST(a_bundle_with_fresh_keys_is_proven_to_nobody)
{
	struct proof_trust honest, nothing = { .n = 0 };
	struct proof_trust numbers = { .n = 2 };
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle;

	prooflab_open(&lab);
	honest = prooflab_trust(&lab);
	for (size_t i = 0; i < 2; i++) {
		honest.given[i].party = span_text(
		    i == 0 ? "cert.north.example" : "cert.south.example");
		numbers.given[i].fingerprint = honest.given[i].fingerprint;
	}
	prooflab_close(&lab);

	prooflab_open_forged(&lab);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	prooflab_make(&lab, &order, &bundle);
	prooflab_verify(&lab, &bundle, &honest, &report);
	check_int(prooflab_verdict(&report, PROOF_TAKEN), PROOF_NOT_PROVEN);
	check_int(proof_report_status(&report), PROOF_EXIT_NOT_PROVEN);
	check_int(report.parties[0].standing, PROOF_OTHER);
	prooflab_verify(&lab, &bundle, &numbers, &report);
	check_int(prooflab_verdict(&report, PROOF_TAKEN), PROOF_PROVEN_IF);
	check_size(report.notes_n, 3); /* two strangers; an exercise */
	prooflab_verify(&lab, &bundle, &nothing, &report);
	check_int(proof_report_status(&report), PROOF_EXIT_PROVEN_IF);
	check(!hash_is_equal(&report.parties[0].fingerprint,
	    &honest.given[0].fingerprint));
	prooflab_close(&lab);
}

TEST(a_bundle_without_one_of_its_files_is_no_bundle)
{
	struct proof_trust trust;
	struct bundle bundle;

	open_taken(&bundle, &trust);
	for (size_t i = 0; i < bundle.n; i++) {
		struct proof_report report;
		struct bundle less;
		struct error err;

		prooflab_drop(&lab, &less, &bundle, bundle.files[i].name);
		check(proof_verify(&less, &trust, &report, lab.arena, &err) ==
		    -1);
		check_int(err.code, E_BUNDLE);
	}
	prooflab_close(&lab);
}

TEST(what_was_left_out_and_not_listed_is_missed_all_the_same)
{
	static const char *const needed[] = { "card-cert.north.example.pem",
		"card-cert.south.example.pem", "cert.north.example-0.p7m",
		"cert.north.example-0.tlog-proof", "cert.north.example-1.p7m",
		"cert.north.example-1.tlog-proof",
		"seal-cert.north.example-0.pem",
		"seal-cert.south.example-0.pem" };
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle;

	open_taken(&bundle, &trust);
	prooflab_verify(&lab, &bundle, &trust, &report);
	for (size_t i = 0; i < COUNT_OF(needed); i++) {
		struct bundle less, listed;

		require(bundle_find(&bundle, span_text(needed[i])) != NULL);
		prooflab_drop(&lab, &less, &bundle, span_text(needed[i]));
		prooflab_list(&lab, &listed, &less, NULL, NULL);
		if (!check(!says_the_same(&listed, &trust, &report.lines[0])))
			tap_note("%s", needed[i]);
	}
	prooflab_close(&lab);
}

TEST(a_manifest_in_another_form_is_refused)
{
	static const struct {
		const char *before, *after;
	} forms[] = { { "", "\n" }, { " ", "" }, { "", "{}" },
		{ "{\"version\":1}", "" }, { "[", "]" } };
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle;
	struct span good;
	struct error err;

	open_taken(&bundle, &trust);
	good = bundle_find(&bundle, span_text(MANIFEST_NAME))->bytes;
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		const char *text =
		    arena_printf(lab.arena, "%s%.*s%s", forms[i].before,
			(int)good.len, (const char *)good.ptr, forms[i].after);
		struct bundle other, summed;

		prooflab_swap(&lab, &other, &bundle, span_text(MANIFEST_NAME),
		    span_text(text));
		prooflab_sum(&lab, &summed, &other);
		check(proof_verify(&summed, &trust, &report, lab.arena, &err) ==
		    -1);
		check_int(err.code, E_BUNDLE);
	}
	prooflab_close(&lab);
}

TEST(a_howto_by_another_hand_is_told)
{
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, other, listed;

	open_taken(&bundle, &trust);
	prooflab_swap(&lab, &other, &bundle, span_text(MANIFEST_HOWTO_NAME),
	    span_text("rm -rf /\n"));
	prooflab_list(&lab, &listed, &other, NULL, NULL);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_size(report.notes_n, 1);
	prooflab_verify(&lab, &listed, &trust, &report);
	check_size(report.notes_n, 2);
	check_int(prooflab_verdict(&report, PROOF_TAKEN), PROOF_PROVEN);
	prooflab_close(&lab);
}

/* The first claim is said to be about another record. */
static void
about_another(struct manifest *manifest, void *ctx)
{
	manifest->claims[0].record = *(const struct hash *)ctx;
}

TEST(a_record_of_another_docket_is_refuted_wherever_it_stands)
{
	struct proof_trust trust;
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle, more, forged;
	struct record record;
	struct hash leaf, later;
	struct making_size {
		uint64_t index, size;
	} at;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	record = two_record(&lab.two, KIND_REQUEST, NULL);
	(void)two_content(lab.north, lab.south, &record);
	record.log = span_text("cert.north.example/docket/cert.east.example/1");
	at.index = two_log(lab.north, lab.south, true)->size;
	leaf = two_put(lab.north, lab.south,
	    two_seal(lab.north, two_written(&lab.two, &record)));
	later = two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	check(two_talk(&lab.two));
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	order.record = later;
	prooflab_make(&lab, &order, &bundle);
	at.size = at.index + 2;
	prooflab_add_entry(&lab, &more, &bundle, at.index, at.size);
	prooflab_list(&lab, &forged, &more, about_another, &leaf);
	prooflab_verify(&lab, &forged, &trust, &report);
	check_int(prooflab_verdict(&report, PROOF_TAKEN), PROOF_REFUTED);
	/* The node itself makes no such bundle. */
	order.record = leaf;
	check(proof_make(&bundle, lab.north->docket, lab.north->store, &order,
		  lab.arena, &(struct error){ .code = E_NONE }) == -1);
	prooflab_close(&lab);
}

/* South shows another head of the size that north has. */
static void
fork_south(void)
{
	struct log_row *log = two_log(lab.north, lab.south, false);
	struct hash root = digest_of(span_text("another version"));
	struct span note = two_head(lab.south, log->origin, log->head, &root);
	struct serve_reply reply =
	    two_post(lab.north, lab.south, "/add-checkpoint",
		span_text(arena_printf(lab.two.arena, "old %llu\n\n%.*s",
		    (unsigned long long)log->head, (int)note.len,
		    (const char *)note.ptr)));

	check_int(reply.code, E_CHECKPOINT_FORK);
}

TEST(two_signed_heads_of_one_size_prove_a_fork)
{
	struct proof_order order;
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, twice, listed;
	struct error err;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	order = prooflab_order(&lab, 1u << PROOF_FORK);
	check(proof_make(&bundle, lab.north->docket, lab.north->store, &order,
		  lab.arena, &err) == -1);
	check_int(err.code, E_BUNDLE_CLAIM);
	fork_south();
	prooflab_make(&lab, &order, &bundle);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_int(prooflab_verdict(&report, PROOF_FORK), PROOF_PROVEN);
	check(!report.lines[0].needs[0] && report.lines[0].needs[1]);
	/* One head twice is none; a signature that fails shows nothing. */
	prooflab_swap(&lab, &twice, &bundle,
	    span_text("fork-cert.south.example-1.checkpoint"),
	    bundle_find(&bundle,
		span_text("fork-cert.south.example-2.checkpoint"))
		->bytes);
	prooflab_list(&lab, &listed, &twice, NULL, NULL);
	prooflab_verify(&lab, &listed, &trust, &report);
	check_int(prooflab_verdict(&report, PROOF_FORK), PROOF_REFUTED);
	prooflab_drop(&lab, &twice, &bundle,
	    span_text("fork-cert.south.example-1.checkpoint"));
	prooflab_list(&lab, &listed, &twice, NULL, NULL);
	prooflab_verify(&lab, &listed, &trust, &report);
	check_int(prooflab_verdict(&report, PROOF_FORK), PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}

TEST(a_bundle_of_no_claim_proves_nothing)
{
	struct proof_report report = { .n = 0 };

	check_int(proof_report_status(&report), PROOF_EXIT_NOT_PROVEN);
}
