#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/mem.h"
#include "proc/bundle_file.h"
#include "proof/manifest.h"
#include "tests/lab.h"
#include "tests/support/openssl.h"
#include "tests/support/prooflab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

static struct prooflab lab;

static void
check_runs(const struct bundle *bundle, const char *line)
{
	const char *said;

	if (!check_int(prooflab_howto(&lab, bundle, &said), 0) ||
	    !check(strstr(said, line) != NULL))
		tap_note("%s", said);
}

/* Commands that a reader of a HOWTO may lack are none that it uses. */
static const char *const strange[] = { "awk", "sed ", "grep", "xxd", "perl",
	"python", "demarche ", "jq", "cmp ", NULL };

TEST(the_commands_in_a_bundle_prove_that_a_request_was_taken)
{
	struct proof_order order;
	struct bundle bundle;
	const char *text;

	if (!openssl_is_here())
		skip("no openssl command");
	prooflab_open(&lab);
	prooflab_react(&lab, KIND_ACKNOWLEDGEMENT);
	prooflab_react(&lab, KIND_RESULT);
	order = prooflab_order(&lab, 0);
	order.is_case = true;
	order.with_documents = true;
	prooflab_make(&lab, &order, &bundle);
	check_runs(&bundle, "OK: the request ");
	text = arena_text(lab.arena,
	    bundle_find(&bundle, span_text(MANIFEST_HOWTO_NAME))->bytes);
	for (size_t i = 0; strange[i] != NULL; i++)
		if (!check(strstr(text, strange[i]) == NULL))
			tap_note("%s", strange[i]);
	prooflab_close(&lab);
}

TEST(the_commands_in_a_bundle_are_what_its_verifier_would_write)
{
	struct proof_report report;
	struct proof_order order;
	struct proof_trust trust;
	struct bundle bundle;

	prooflab_open(&lab);
	for (unsigned i = 0; i < 4; i++)
		prooflab_react(&lab, KIND_RETURN);
	order = prooflab_order(&lab, 0);
	order.is_case = true;
	prooflab_make(&lab, &order, &bundle);
	trust = prooflab_trust(&lab);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_size(report.notes_n, 1); /* an exercise */
	prooflab_close(&lab);
}

/* A renewed seal, in both logs. */
static void
renew_seal(struct two_node *node, struct two_node *peer)
{
	struct record record = two_record(&lab.two, KIND_CREDENTIAL, NULL);
	struct keeper_public *keys = mem_new(sizeof(*keys));
	struct error err;
	unsigned number;

	two_must(keeper_renew(node->keeper, KEEPER_SEAL, lab.two.now,
		     instant_of(4102444800), &number, &err),
	    &err, "renew");
	keeper_public(node->keeper, keys, lab.arena);
	two_word(&lab.two, &record, MEMBER_CREDENTIAL_CHANGE, WORD_CHANGE_NEW);
	two_word(&lab.two, &record, MEMBER_CREDENTIAL_USE, WORD_KEY_USE_SEAL);
	for (size_t i = 0; i < keys->n; i++)
		if (keys->keys[i].use == KEEPER_SEAL &&
		    keys->keys[i].number == number)
			*two_fact(&record, MEMBER_CREDENTIAL_CERTIFICATE) =
			    (struct fact){ .is_given = true,
				    .n = 1,
				    .text =
					span_text(encode_base64_text(lab.arena,
					    keys->keys[i].bytes)) };
	two_lodge_record(node, peer, &record);
	free(keys);
}

/*
 * South renews its seal and writes of other things; north is not answered,
 * and renews its own.
 */
static void
open_silence(struct bundle *bundle)
{
	struct proof_order order;

	prooflab_open(&lab);
	two_later(&lab.two, 60);
	renew_seal(lab.north, lab.south);
	two_later(&lab.two, 60);
	lab.request = two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	check(two_talk(&lab.two));
	renew_seal(lab.south, lab.north);
	for (unsigned i = 0; i < 3; i++) {
		two_later(&lab.two, 86400);
		two_lodge(lab.south, lab.north, KIND_REPORT, NULL);
		check(two_talk(&lab.two));
	}
	order = prooflab_order(&lab,
	    1u << PROOF_NO_REACTION | 1u << PROOF_NOT_EARLIER |
		1u << PROOF_TAKEN);
	order.has_until = true;
	order.until = instant_of(TWO_BEGIN_S + 2 * 86400);
	prooflab_make(&lab, &order, bundle);
}

TEST(the_commands_in_a_bundle_prove_silence_across_changes_of_keys)
{
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle;

	if (!openssl_is_here())
		skip("no openssl command");
	open_silence(&bundle);
	trust = prooflab_trust(&lab);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_size(report.n, 3);
	check_int(proof_report_status(&report), PROOF_EXIT_PROVEN);
	check_runs(&bundle, "OK: no reaction to the request ");
	prooflab_close(&lab);
}

static void
hide_credential(struct bundle *out, const struct bundle *bundle,
    const char *prefix, uint64_t index)
{
	struct bundle less, fewer;

	prooflab_drop(&lab, &less, bundle,
	    span_text(arena_printf(lab.arena, "%s-%llu.p7m", prefix,
		(unsigned long long)index)));
	prooflab_drop(&lab, &fewer, &less,
	    span_text(arena_printf(lab.arena, "%s-%llu.tlog-proof", prefix,
		(unsigned long long)index)));
	prooflab_drop(&lab, &less, &fewer,
	    span_text(arena_printf(lab.arena, "seal-%s-%llu.pem", prefix,
		(unsigned long long)index + 1)));
	prooflab_list(&lab, out, &less, NULL, NULL);
}

TEST(a_record_whose_change_of_keys_is_left_out_is_not_proven)
{
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, forged;
	uint64_t index = 0;

	open_silence(&bundle);
	trust = prooflab_trust(&lab);
	while (two_entry(lab.north, lab.south, true, index)->kind !=
	    KIND_CREDENTIAL)
		index++;
	hide_credential(&forged, &bundle, "cert.north.example", index);
	prooflab_verify(&lab, &forged, &trust, &report);
	for (size_t i = 0; i < report.n; i++)
		check_int(report.lines[i].verdict, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}

/* Flip the byte in the middle of each file. */
static void
flip(struct bundle *out, const struct bundle *bundle, size_t i)
{
	struct span bytes = arena_copy(lab.arena, bundle->files[i].bytes);

	((uint8_t *)(uintptr_t)bytes.ptr)[bytes.len / 2] ^= 1;
	prooflab_swap(&lab, out, bundle, bundle->files[i].name, bytes);
}

TEST(the_commands_refuse_each_file_that_was_changed)
{
	struct bundle bundle, spoilt;
	const char *said;

	if (!openssl_is_here())
		skip("no openssl command");
	open_silence(&bundle);
	for (size_t i = 0; i < bundle.n; i++) {
		flip(&spoilt, &bundle, i);
		if (!check(prooflab_howto(&lab, &spoilt, &said) > 0))
			tap_note("%.*s", (int)bundle.files[i].name.len,
			    (const char *)bundle.files[i].name.ptr);
	}
	prooflab_close(&lab);
}

TEST(the_commands_look_behind_the_digests)
{
	struct bundle bundle, spoilt, listed;
	const char *said;

	if (!openssl_is_here())
		skip("no openssl command");
	open_silence(&bundle);
	for (size_t i = 0; i < bundle.n; i++) {
		struct span name = bundle.files[i].name;

		if (span_is_text(name, MANIFEST_NAME) ||
		    span_is_text(name, MANIFEST_SUMS_NAME) ||
		    span_is_text(name, MANIFEST_HOWTO_NAME))
			continue;
		flip(&spoilt, &bundle, i);
		prooflab_list(&lab, &listed, &spoilt, NULL, NULL);
		if (!check(prooflab_howto(&lab, &listed, &said) > 0) ||
		    !check(strstr(said, MANIFEST_SUMS_NAME) == NULL))
			tap_note("%.*s", (int)name.len, (const char *)name.ptr);
	}
	prooflab_close(&lab);
}
