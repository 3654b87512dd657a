#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "ledger/proof_file.h"
#include "proof/manifest.h"
#include "seal/digest.h"
#include "store/head.h"
#include "store/tile.h"
#include "tests/support/identities.h"
#include "tests/support/openssl.h"
#include "tests/support/prooflab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

/* Leaves of the logs made up here. */
#define LEAVES_MAX 16

static struct prooflab lab;
static struct proof_trust trust;

static struct span
file_name(const char *end)
{
	return span_text(
	    arena_printf(lab.arena, "fork-cert.south.example-%s", end));
}

/* A head of south's log of ${size}, that it does not have. */
static struct span
south_head(uint64_t size, const struct hash *root)
{
	struct log_row *log = two_log(lab.north, lab.south, false);

	return two_head(lab.south, log->origin, size, root);
}

/* A size below the newest of which there is no head. */
static uint64_t
headless_size(void)
{
	struct log_row *log = two_log(lab.north, lab.south, false);
	uint64_t size = log->size;
	struct head_row *head;
	struct error err;

	do
		two_must(store_head_get(lab.north->store, log->id, --size,
			     &head, lab.arena, &err),
		    &err, "head");
	while (head != NULL);
	return size;
}

/* South shows a smaller head than its newest, with a root it never had. */
static uint64_t
fork_below(void)
{
	struct hash root = digest_of(span_text("another version"));
	uint64_t size = headless_size();
	struct span note = south_head(size, &root);
	struct serve_reply reply =
	    two_post(lab.north, lab.south, "/add-checkpoint",
		span_text(arena_printf(lab.two.arena, "old %llu\n\n%.*s",
		    (unsigned long long)size, (int)note.len,
		    (const char *)note.ptr)));

	check_int(reply.code, E_CHECKPOINT_FORK);
	return size;
}

/* South forks with heads of two sizes; what north makes of it. */
static uint64_t
open_forked(struct bundle *bundle)
{
	struct proof_order order;
	uint64_t size;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	for (unsigned i = 0; i < 4; i++)
		two_lodge(lab.south, lab.north, KIND_REPORT, NULL);
	check(two_talk(&lab.two));
	size = fork_below();
	order = prooflab_order(&lab, 1u << PROOF_FORK);
	prooflab_make(&lab, &order, bundle);
	return size;
}

static void
check_fork(const struct bundle *bundle, enum proof_verdict want)
{
	struct proof_report report;
	enum proof_verdict got;

	prooflab_verify(&lab, bundle, &trust, &report);
	got = prooflab_verdict(&report, PROOF_FORK);
	if (!check_str(proof_verdict_name(got), proof_verdict_name(want)))
		tap_note("%s: %s", report.lines[0].text, report.lines[0].why);
	else
		tap_note("%s", report.lines[0].why);
}

/* With ${bytes} for the file; empty: without it. */
static void
swapped(struct bundle *out, const struct bundle *bundle, struct span name,
    struct span bytes)
{
	struct bundle other;

	if (bytes.len == 0)
		prooflab_drop(&lab, &other, bundle, name);
	else
		prooflab_swap(&lab, &other, bundle, name, bytes);
	prooflab_list(&lab, out, &other, NULL, NULL);
}

/* The HOWTO as it has to be for what is in it; the commands agree. */
static void
check_howto(const struct bundle *bundle)
{
	struct bundle again;
	struct error err;
	const char *said;

	two_must(proof_add_crls(&again, bundle, NULL, 0, lab.arena, &err), &err,
	    "again");
	if (openssl_is_here() &&
	    !check_int(prooflab_howto(&lab, &again, &said), 0))
		tap_note("%s", said);
}

TEST(a_root_that_the_larger_log_did_not_have_proves_a_fork)
{
	struct proof_report report;
	struct bundle bundle;

	open_forked(&bundle);
	check(bundle_find(&bundle,
		  span_text("fork-cert.south.example-prefix.txt")) != NULL);
	check_fork(&bundle, PROOF_PROVEN);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check(!report.lines[0].needs[0] && report.lines[0].needs[1]);
	check(strstr(report.lines[0].text, " and ") != NULL);
	check_size(report.notes_n, 1); /* an exercise: the HOWTO is ours */
	check_howto(&bundle);
	prooflab_close(&lab);
}

TEST(heads_of_two_sizes_alone_prove_nothing)
{
	struct bundle bundle, forged;

	open_forked(&bundle);
	swapped(&forged, &bundle, file_name("prefix.txt"), span_text(""));
	check_fork(&forged, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}

TEST(a_proof_of_the_prefix_that_does_not_hold_proves_nothing)
{
	struct bundle bundle, forged;
	struct span good;

	open_forked(&bundle);
	good = bundle_find(&bundle, file_name("prefix.txt"))->bytes;
	for (size_t line = 0; line < good.len / 45; line++) {
		struct span bytes = arena_copy(lab.arena, good);
		uint8_t *spoilt = (uint8_t *)(uintptr_t)bytes.ptr;

		spoilt[line * 45] = spoilt[line * 45] == 'A' ? 'B' : 'A';
		swapped(&forged, &bundle, file_name("prefix.txt"), bytes);
		check_fork(&forged, PROOF_NOT_PROVEN);
	}
	/* one hash more, one less */
	swapped(&forged, &bundle, file_name("prefix.txt"),
	    span_of(good.ptr, good.len - 45));
	check_fork(&forged, PROOF_NOT_PROVEN);
	swapped(&forged, &bundle, file_name("prefix.txt"),
	    span_text(arena_printf(lab.arena, "%.*s%.45s", (int)good.len,
		(const char *)good.ptr, (const char *)good.ptr)));
	check_fork(&forged, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}

TEST(a_log_that_begins_with_the_smaller_head_is_no_fork)
{
	struct bundle bundle, forged;
	struct store_tree tree;
	struct tree_reader reader;
	struct hash root;
	struct error err;
	uint64_t size = open_forked(&bundle);

	tree = (struct store_tree){ lab.north->store,
		two_log(lab.north, lab.south, false)->id };
	reader = store_tree_reader(&tree);
	two_must(tree_root_at(&root, &reader, size, &err), &err, "root");
	swapped(&forged, &bundle, file_name("1.checkpoint"),
	    south_head(size, &root));
	check_fork(&forged, PROOF_REFUTED);
	prooflab_close(&lab);
}

TEST(heads_of_unknown_keys_and_other_logs_prove_no_fork)
{
	struct bundle bundle, forged;
	struct proof_report report;
	struct hash root = digest_of(span_text("another version"));
	struct log_row *own;
	struct span good;
	struct error err;
	uint64_t size = open_forked(&bundle);

	own = two_log(lab.north, lab.south, true);
	good = bundle_find(&bundle, file_name("1.checkpoint"))->bytes;
	/* the other party's signature under south's origin */
	swapped(&forged, &bundle, file_name("1.checkpoint"),
	    two_head(lab.north, two_log(lab.north, lab.south, false)->origin,
		size, &root));
	check_fork(&forged, PROOF_NOT_PROVEN);
	/* south's signature on its log to somebody else, and on north's log */
	swapped(&forged, &bundle, file_name("1.checkpoint"),
	    two_head(lab.south,
		span_text("cert.south.example/docket/cert.east.example/1"),
		size, &root));
	if (proof_verify(&forged, &trust, &report, lab.arena, &err) == 0)
		check_fork(&forged, PROOF_NOT_PROVEN);
	else
		check_int(err.code, E_BUNDLE);
	swapped(&forged, &bundle, file_name("1.checkpoint"),
	    two_head(lab.south, own->origin, size, &root));
	if (proof_verify(&forged, &trust, &report, lab.arena, &err) == 0)
		check_fork(&forged, PROOF_NOT_PROVEN);
	else
		check_int(err.code, E_BUNDLE);
	/* a signature that fails */
	good = arena_copy(lab.arena, good);
	((uint8_t *)(uintptr_t)good.ptr)[good.len - 10] ^= 1;
	swapped(&forged, &bundle, file_name("1.checkpoint"), good);
	if (proof_verify(&forged, &trust, &report, lab.arena, &err) == 0)
		check_fork(&forged, PROOF_NOT_PROVEN);
	else
		check_int(err.code, E_BUNDLE);
	prooflab_close(&lab);
}

/* Two logs of south's that differ at one entry, and a path in each. */
struct twins {
	uint64_t sizes[2], indexes[2];
	uint64_t differ; /* at or above the sizes: nowhere */
};

static void
make_leaves(struct hash leaves[LEAVES_MAX], const struct twins *twins,
    unsigned which)
{
	for (unsigned i = 0; i < LEAVES_MAX; i++) {
		char text[] = "a leaf, which is not the same as others";

		text[0] = (char)('a' + i);
		if (which == 1 && i == twins->differ)
			text[0] = '!';
		leaves[i] = digest_of(span_text(text));
	}
}

/* The head and the path of one of them, as files. */
static void
put_twin(struct bundle *out, const struct bundle *bundle,
    const struct twins *twins, unsigned which)
{
	struct proof_file_row row = { .use = USE_FORK_PATH,
		.side = 1,
		.n = which + 1 };
	struct hash leaves[LEAVES_MAX], root;
	struct tree_leaves list = { leaves, LEAVES_MAX };
	struct tree_reader reader = tree_leaves_reader(&list);
	struct proof_file file = { .has_extra = true,
		.index = twins->indexes[which] };
	uint64_t size = twins->sizes[which];
	struct bundle with;
	struct error err;
	struct buf buf;

	make_leaves(leaves, twins, which);
	two_must(tree_root_at(&root, &reader, size, &err), &err, "root");
	two_must(tree_prove(&file.proof, &reader, file.index, file.index + 1,
		     size, &err),
	    &err, "path");
	file.note = south_head(size, &root);
	file.extra = hash_span(&leaves[file.index]);
	swapped(&with, bundle,
	    file_name(which == 0 ? "1.checkpoint" : "2.checkpoint"), file.note);
	buf_init(&buf, PROOF_FILE_MAX);
	proof_file_write(&buf, &file);
	prooflab_add_file(&lab, out, &with, &row,
	    arena_copy(lab.arena, buf_span(&buf)));
	buf_clear(&buf);
}

static void
claim_size(struct manifest *manifest, void *ctx)
{
	manifest->claims[0].size = *(const uint64_t *)ctx;
}

static void
make_twins(struct bundle *out, const struct bundle *bundle,
    const struct twins *twins)
{
	struct bundle bare, one, two;
	uint64_t size = twins->sizes[0];

	swapped(&bare, bundle, file_name("prefix.txt"), span_text(""));
	put_twin(&one, &bare, twins, 0);
	put_twin(&two, &one, twins, 1);
	prooflab_list(&lab, out, &two, claim_size, &size);
}

TEST(two_leaves_at_one_index_prove_a_fork)
{
	static const struct twins all[] = {
		{ { 5, 9 }, { 2, 2 }, 2 },
		{ { 9, 5 }, { 4, 4 }, 4 },
		{ { 1, 2 }, { 0, 0 }, 0 },
		{ { 7, 16 }, { 6, 6 }, 6 },
	};
	struct bundle bundle, twins;

	open_forked(&bundle);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		make_twins(&twins, &bundle, &all[i]);
		check_fork(&twins, PROOF_PROVEN);
		check_howto(&twins);
	}
	prooflab_close(&lab);
}

TEST(leaves_that_show_no_difference_prove_no_fork)
{
	static const struct twins all[] = {
		{ { 5, 9 }, { 2, 2 }, LEAVES_MAX }, /* nowhere */
		{ { 5, 9 }, { 1, 1 }, 2 },          /* elsewhere */
		{ { 5, 9 }, { 1, 2 }, 2 },          /* of two indexes */
		{ { 9, 9 }, { 2, 2 }, LEAVES_MAX }, /* REFUTED: one root */
	};
	struct bundle bundle, twins;

	open_forked(&bundle);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		make_twins(&twins, &bundle, &all[i]);
		check_fork(&twins, i == 3 ? PROOF_REFUTED : PROOF_NOT_PROVEN);
	}
	prooflab_close(&lab);
}

TEST(a_path_or_a_leaf_that_was_changed_proves_no_fork)
{
	static const struct twins fork = { { 5, 9 }, { 2, 2 }, 2 };
	struct proof_report report;
	struct bundle bundle, twins, forged;
	struct span good;
	struct error err;
	unsigned survived = 0;

	open_forked(&bundle);
	make_twins(&twins, &bundle, &fork);
	good = bundle_find(&twins, file_name("1.tlog-proof"))->bytes;
	for (size_t at = 0; at < good.len; at++) {
		struct span bytes = arena_copy(lab.arena, good);

		((uint8_t *)(uintptr_t)bytes.ptr)[at] ^= 1;
		swapped(&forged, &twins, file_name("1.tlog-proof"), bytes);
		if (proof_verify(&forged, &trust, &report, lab.arena, &err) ==
			0 &&
		    report.lines[0].verdict != PROOF_NOT_PROVEN &&
		    survived++ < 10)
			tap_note("byte %zu: %s", at,
			    proof_verdict_name(report.lines[0].verdict));
	}
	check_int(survived, 0);
	swapped(&forged, &twins, file_name("1.tlog-proof"), span_text(""));
	check_fork(&forged, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}
