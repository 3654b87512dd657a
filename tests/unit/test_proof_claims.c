#include "base/arena.h"
#include "base/encode.h"
#include "proof/manifest.h"
#include "seal/seal.h"
#include "store/tile.h"
#include "tests/support/identities.h"
#include "tests/support/prooflab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

static struct prooflab lab;

static void
note_report(const struct proof_report *report)
{
	struct buf buf;

	buf_init(&buf, (size_t)1 << 20);
	proof_report_write(&buf, report);
	buf_u8(&buf, '\0');
	tap_note("%s", (const char *)buf.ptr);
	buf_clear(&buf);
}

static void
check_verdict(const struct proof_report *report, enum proof_claim claim,
    enum proof_verdict want)
{
	enum proof_verdict got = prooflab_verdict(report, claim);

	if (!check_str(proof_verdict_name(got), proof_verdict_name(want)))
		note_report(report);
}

/* Make it of one claim, verify it with both cards. */
static void
verify_order(const struct proof_order *order, struct bundle *bundle,
    struct proof_report *report)
{
	struct proof_trust trust = prooflab_trust(&lab);

	prooflab_make(&lab, order, bundle);
	prooflab_verify(&lab, bundle, &trust, report);
}

TEST(a_request_that_was_taken_is_proven_to_be_taken)
{
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle;

	prooflab_open(&lab);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	verify_order(&order, &bundle, &report);
	check_size(report.n, 1);
	check_verdict(&report, PROOF_TAKEN, PROOF_PROVEN);
	check_int(proof_report_status(&report), PROOF_EXIT_PROVEN);
	check(report.lines[0].needs[0] && report.lines[0].needs[1]);
	check(report.lines[0].is_exercise);
	check(hash_is_equal(&report.lines[0].record, &lab.request));
	check_size(report.notes_n, 1); /* exercise */
	prooflab_close(&lab);
}

TEST(without_trust_each_claim_is_proven_if_the_fingerprints_are_right)
{
	struct proof_trust trust = { .n = 0 };
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle;

	prooflab_open(&lab);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	prooflab_make(&lab, &order, &bundle);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_verdict(&report, PROOF_TAKEN, PROOF_PROVEN_IF);
	check_int(proof_report_status(&report), PROOF_EXIT_PROVEN_IF);
	/* One of two is not enough. */
	require(proof_trust_card(&trust, buf_span(&lab.south->card), lab.arena,
		    &(struct error){ .code = E_NONE }) == 0);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_verdict(&report, PROOF_TAKEN, PROOF_PROVEN_IF);
	prooflab_close(&lab);
}

TEST(a_fingerprint_typed_by_a_person_is_trust)
{
	struct proof_trust trust = { .n = 0 };
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle;
	struct error err;

	prooflab_open(&lab);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	prooflab_make(&lab, &order, &bundle);
	prooflab_verify(&lab, &bundle, &trust, &report);
	for (unsigned side = 0; side < 2; side++) {
		char digits[HASH_TEXT_MAX];

		hash_write(&report.parties[side].fingerprint, digits);
		require(proof_trust_fingerprint(&trust, span_text(digits),
			    &err) == 0);
	}
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_verdict(&report, PROOF_TAKEN, PROOF_PROVEN);
	check(proof_trust_fingerprint(&trust, span_text("abcd"), &err) == -1);
	check_int(err.code, E_CARD_FINGERPRINT);
	prooflab_close(&lab);
}

TEST(a_request_that_was_not_taken_gives_no_bundle)
{
	struct proof_order order;
	struct bundle bundle;
	struct error err;

	prooflab_open(&lab);
	two_later(&lab.two, 60);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	order.record = two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	check(proof_make(&bundle, lab.north->docket, lab.north->store, &order,
		  lab.arena, &err) == -1);
	check_int(err.code, E_BUNDLE_CLAIM);
	/* It can be shown that it was written, all the same. */
	order.claims = 1u << PROOF_RECORD;
	check(proof_make(&bundle, lab.north->docket, lab.north->store, &order,
		  lab.arena, &err) == 0);
	order.record.bytes[0] ^= 1;
	check(proof_make(&bundle, lab.north->docket, lab.north->store, &order,
		  lab.arena, &err) == -1);
	check_int(err.code, E_NOT_FOUND);
	order.peer = span_text("cert.west.example");
	check(proof_make(&bundle, lab.north->docket, lab.north->store, &order,
		  lab.arena, &err) == -1);
	check_int(err.code, E_PEER_UNKNOWN);
	prooflab_close(&lab);
}

/* The first claim is said to be of one second later. */
static void
later(struct manifest *manifest, void *ctx)
{
	(void)ctx;
	manifest->claims[0].time.s++;
}

TEST(a_time_that_the_line_does_not_say_is_refuted)
{
	struct proof_trust trust;
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle, forged;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	prooflab_make(&lab, &order, &bundle);
	prooflab_list(&lab, &forged, &bundle, later, NULL);
	prooflab_verify(&lab, &forged, &trust, &report);
	check_verdict(&report, PROOF_TAKEN, PROOF_REFUTED);
	check_int(proof_report_status(&report), PROOF_EXIT_REFUTED);
	prooflab_close(&lab);
}

TEST(a_reaction_is_proven_and_another_record_is_not_one)
{
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle;

	prooflab_open(&lab);
	prooflab_react(&lab, KIND_ACKNOWLEDGEMENT);
	order = prooflab_order(&lab, 1u << PROOF_REACTED);
	verify_order(&order, &bundle, &report);
	check_size(report.n, 1);
	check_verdict(&report, PROOF_REACTED, PROOF_PROVEN);
	prooflab_close(&lab);
}

/* What is said to be the reaction is south's opening record. */
static void
other_reaction(struct manifest *manifest, void *ctx)
{
	manifest->claims[0].other = *(const struct hash *)ctx;
}

TEST(a_record_that_is_no_reaction_to_it_is_refuted)
{
	struct proof_trust trust;
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle, forged;
	struct hash leaf;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	prooflab_react(&lab, KIND_ACKNOWLEDGEMENT);
	order = prooflab_order(&lab, 1u << PROOF_REACTED);
	prooflab_make(&lab, &order, &bundle);
	leaf = two_entry(lab.north, lab.south, false, 0)->leaf;
	prooflab_list(&lab, &forged, &bundle, other_reaction, &leaf);
	prooflab_verify(&lab, &forged, &trust, &report);
	check_verdict(&report, PROOF_REACTED, PROOF_REFUTED);
	leaf.bytes[0] ^= 1;
	prooflab_list(&lab, &forged, &bundle, other_reaction, &leaf);
	prooflab_verify(&lab, &forged, &trust, &report);
	check_verdict(&report, PROOF_REACTED, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}

/* Days go by; then south writes something else. */
static void
something_else(int64_t seconds)
{
	two_later(&lab.two, seconds);
	two_lodge(lab.south, lab.north, KIND_REPORT, NULL);
	two_later(&lab.two, 5);
	check(two_talk(&lab.two));
}

TEST(silence_is_proven_only_up_to_the_last_record_of_the_silent_party)
{
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle;

	prooflab_open(&lab);
	something_else(86400);
	order = prooflab_order(&lab, 1u << PROOF_NO_REACTION);
	order.has_until = true;
	order.until = instant_of(TWO_BEGIN_S + 86400);
	verify_order(&order, &bundle, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_PROVEN);
	order.until = instant_of(TWO_BEGIN_S + 2 * 86400);
	verify_order(&order, &bundle, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_NOT_PROVEN);
	check(report.lines[0].is_short);
	check_int(proof_report_status(&report), PROOF_EXIT_NOT_PROVEN);
	prooflab_close(&lab);
}

TEST(a_reaction_makes_silence_impossible_to_claim)
{
	struct proof_order order;
	struct bundle bundle;
	struct error err;

	prooflab_open(&lab);
	prooflab_react(&lab, KIND_DECISION);
	order = prooflab_order(&lab, 1u << PROOF_NO_REACTION);
	order.has_until = true;
	order.until = instant_of(TWO_BEGIN_S);
	check(proof_make(&bundle, lab.north->docket, lab.north->store, &order,
		  lab.arena, &err) == -1);
	check_int(err.code, E_BUNDLE_CLAIM);
	order.has_until = false;
	check(proof_make(&bundle, lab.north->docket, lab.north->store, &order,
		  lab.arena, &err) == -1);
	check_int(err.code, E_BUNDLE_CLAIM);
	prooflab_close(&lab);
}

/* The first claim is said to be about another record. */
static void
about_another(struct manifest *manifest, void *ctx)
{
	manifest->claims[0].record = *(const struct hash *)ctx;
}

/*
 * Two requests with one anchor: south reacts to the first and not to the
 * second, whose range shows that.
 */
static void
one_of_two(struct bundle *out, struct hash *first)
{
	struct proof_order order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	struct bundle silence, taken;

	two_later(&lab.two, 100);
	*first = two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	lab.request = two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	check(two_talk(&lab.two));
	order.record = lab.request;
	lab.request = *first;
	prooflab_react(&lab, KIND_ACKNOWLEDGEMENT);
	something_else(100);
	lab.request = order.record;
	order.claims = 1u << PROOF_NO_REACTION;
	order.has_until = true;
	order.until = instant_add(lab.two.now, period_of(-50));
	prooflab_make(&lab, &order, &silence);
	order.claims = 1u << PROOF_TAKEN;
	order.record = *first;
	prooflab_make(&lab, &order, &taken);
	prooflab_merge(&lab, out, &silence, &taken);
}

/* Where the acknowledgement stands in south's log. */
static uint64_t
reaction_index(void)
{
	uint64_t index = 0;

	while (two_entry(lab.north, lab.south, false, index)->kind !=
	    KIND_ACKNOWLEDGEMENT)
		index++;
	return index;
}

TEST(a_reaction_in_the_range_refutes_silence)
{
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, forged, without, swapped;
	struct span name;
	struct hash first;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	one_of_two(&bundle, &first);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_PROVEN);
	prooflab_list(&lab, &forged, &bundle, about_another, &first);
	prooflab_verify(&lab, &forged, &trust, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_REFUTED);
	/* Without the entry that refutes it the range has a hole; and with
	 * another in its place it leads to another root. */
	name = span_text(arena_printf(lab.arena, "cert.south.example-%llu.p7m",
	    (unsigned long long)reaction_index()));
	prooflab_drop(&lab, &without, &forged, name);
	prooflab_list(&lab, &swapped, &without, NULL, NULL);
	prooflab_verify(&lab, &swapped, &trust, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_NOT_PROVEN);
	prooflab_swap(&lab, &without, &forged, name,
	    two_entry(lab.north, lab.south, false, 1)->der);
	prooflab_list(&lab, &swapped, &without, NULL, NULL);
	prooflab_verify(&lab, &swapped, &trust, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}

static void
begin_at(struct manifest *manifest, void *ctx)
{
	manifest->claims[0].from = *(const uint64_t *)ctx;
}

/* The range is said to begin there, and what is below is folded. */
static void
with_frontier(struct bundle *out, const struct bundle *bundle, uint64_t from)
{
	struct log_row *log = two_log(lab.north, lab.south, false);
	struct store_tree source = { lab.north->store, log->id };
	struct tree_reader reader = store_tree_reader(&source);
	struct proof_file_row row = { .use = USE_FRONTIER,
		.side = 1,
		.n = from };
	struct hash peaks[TREE_LEVELS];
	const char *text = "";
	struct bundle more;
	struct tree tree;
	struct error err;
	size_t n;

	two_must(tree_frontier_at(&tree, &reader, from, &err), &err, "tree");
	n = tree_peaks(&tree, peaks);
	for (size_t i = 0; i < n; i++)
		text = arena_printf(lab.arena, "%s%s\n", text,
		    encode_base64_text(lab.arena, hash_span(&peaks[i])));
	prooflab_add_file(&lab, &more, bundle, &row, span_text(text));
	prooflab_list(&lab, out, &more, begin_at, &from);
}

/* An anchor that the request does not have. */
static struct hash
put_liar(const struct hash *like)
{
	struct record record = two_record(&lab.two, KIND_REQUEST, NULL);
	uint64_t index = 0;

	(void)two_content(lab.north, lab.south, &record);
	while (
	    !hash_is_equal(&two_entry(lab.north, lab.south, true, index)->leaf,
		like))
		index++;
	record.anchor.size =
	    two_entry(lab.north, lab.south, true, index)->anchor_size;
	record.anchor.root.bytes[0] ^= 1;
	return two_put(lab.north, lab.south,
	    two_seal(lab.north, two_written(&lab.two, &record)));
}

TEST(a_range_that_does_not_begin_at_the_anchor_proves_nothing)
{
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, forged;
	struct hash first;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	one_of_two(&bundle, &first);
	/* Behind the reaction it is complete, and shows none. */
	with_frontier(&forged, &bundle, reaction_index() + 1);
	prooflab_list(&lab, &bundle, &forged, about_another, &first);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}

TEST(a_range_below_an_anchor_that_is_false_proves_nothing)
{
	struct proof_order order;
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, forged, more;
	struct hash liar;
	uint64_t index;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	two_later(&lab.two, 60);
	index = two_log(lab.north, lab.south, true)->size;
	lab.request = two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	liar = put_liar(&lab.request);
	lab.request = two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	check(two_talk(&lab.two));
	something_else(600);
	order = prooflab_order(&lab, 1u << PROOF_NO_REACTION);
	order.has_until = true;
	order.until = instant_of(TWO_BEGIN_S + 300);
	prooflab_make(&lab, &order, &bundle);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_PROVEN);
	/* All three were taken at once. */
	prooflab_add_entry(&lab, &more, &bundle, index + 1, index + 3);
	prooflab_list(&lab, &forged, &more, about_another, &liar);
	prooflab_verify(&lab, &forged, &trust, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_REFUTED);
	/* Where no head shows the root, the frontier does. */
	prooflab_drop(&lab, &more, &forged,
	    span_text(arena_printf(lab.arena,
		"cert.south.example-head-%llu.checkpoint",
		(unsigned long long)two_entry(lab.north, lab.south, true, index)
		    ->anchor_size)));
	prooflab_list(&lab, &forged, &more, NULL, NULL);
	prooflab_verify(&lab, &forged, &trust, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}

/* South seals an entry with a key that nobody has seen. */
static void
put_sealed_by(struct seal_key *key)
{
	struct record record =
	    two_record(&lab.two, KIND_ACKNOWLEDGEMENT, &lab.request);
	struct span content = two_content(lab.south, lab.north, &record), der;
	struct error err;

	two_must(seal_sign(&der, content, key, lab.two.now, lab.two.arena,
		     &err),
	    &err, "seal");
	two_put(lab.south, lab.north, der);
	check(two_talk(&lab.two));
}

TEST(an_entry_that_only_a_hidden_key_change_explains_is_no_silence)
{
	struct proof_order order;
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, forged;
	uint64_t from, index;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	two_later(&lab.two, 60);
	lab.request = two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	check(two_talk(&lab.two));
	put_sealed_by(identity_of(IDENTITY_EAST)->seal);
	something_else(100);
	order = prooflab_order(&lab, 1u << PROOF_NO_REACTION);
	order.has_until = true;
	order.until = lab.two.now;
	order.until.s -= 100;
	/* From entry 0 on it is plain that no key was changed. */
	prooflab_make(&lab, &order, &bundle);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_PROVEN);
	/* From the anchor on it is not. */
	index = two_log(lab.north, lab.south, true)->size - 1;
	while (
	    !hash_is_equal(&two_entry(lab.north, lab.south, true, index)->leaf,
		&lab.request))
		index--;
	from = two_entry(lab.north, lab.south, true, index)->anchor_size;
	check(from > 0);
	with_frontier(&forged, &bundle, from);
	prooflab_verify(&lab, &forged, &trust, &report);
	check_verdict(&report, PROOF_NO_REACTION, PROOF_NOT_PROVEN);
	prooflab_close(&lab);
}

TEST(a_record_is_not_older_than_a_line_that_it_leads_to)
{
	struct proof_trust trust;
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle, forged;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	two_later(&lab.two, 100);
	lab.request = two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	check(two_talk(&lab.two));
	order = prooflab_order(&lab, 1u << PROOF_NOT_EARLIER);
	prooflab_make(&lab, &order, &bundle);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_verdict(&report, PROOF_NOT_EARLIER, PROOF_PROVEN);
	prooflab_list(&lab, &forged, &bundle, later, NULL);
	prooflab_verify(&lab, &forged, &trust, &report);
	check_verdict(&report, PROOF_NOT_EARLIER, PROOF_REFUTED);
	prooflab_close(&lab);
}

TEST(a_whole_case_is_shown_with_all_that_came_of_it)
{
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle;

	prooflab_open(&lab);
	prooflab_react(&lab, KIND_ACKNOWLEDGEMENT);
	prooflab_react(&lab, KIND_RESULT);
	order = prooflab_order(&lab, 0);
	order.is_case = true;
	order.with_documents = true;
	order.has_until = true;
	order.until = instant_of(TWO_BEGIN_S);
	verify_order(&order, &bundle, &report);
	for (size_t i = 0; i < report.n; i++)
		check_int(report.lines[i].verdict, PROOF_PROVEN);
	/* Three records taken, two reactions; it is older than any line. */
	check_size(report.n, 5);
	check_int(proof_report_status(&report), PROOF_EXIT_PROVEN);
	prooflab_close(&lab);
}

TEST(the_text_alone_leaves_the_evidence_out)
{
	struct proof_order order;
	struct bundle bundle;
	unsigned n = 0;

	prooflab_open(&lab);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	order.with_text = true;
	prooflab_make(&lab, &order, &bundle);
	for (size_t i = 0; i < bundle.n; i++)
		n += span_has_prefix(bundle.files[i].name,
		    span_text("document-"));
	check_int(n, 1);
	prooflab_close(&lab);
}

TEST(both_parties_make_a_bundle_of_the_same_record)
{
	struct proof_trust trust;
	struct proof_order order;
	struct proof_report report;
	struct bundle bundle;
	struct error err;

	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	order.peer = span_text(lab.north->party);
	require(proof_make(&bundle, lab.south->docket, lab.south->store, &order,
		    lab.arena, &err) == 0);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check_verdict(&report, PROOF_TAKEN, PROOF_PROVEN);
	prooflab_close(&lab);
}
