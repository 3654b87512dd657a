#include "proof/verify.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "formats/card.h"
#include "proof/bundle.h"
#include "proof/evidence.h"
#include "proof/howto.h"
#include "proof/verify_claims.h"

/* A note for the HOWTO, one for each thing given, and for exercises */
#define NOTES_MAX (PROOF_TRUST_MAX + 2)

const char *const proof_never[] = {
	"that a person read it",
	"that what it says is true",
	"that a sealed document could be decrypted",
	"that a party's clock was right",
	NULL,
};

static int
add_trust(struct proof_trust *trust, const struct proof_trusted *given,
    struct error *err)
{
	if (trust->n == PROOF_TRUST_MAX)
		return error_set(err, E_TOO_LARGE,
		    "more than %d cards and fingerprints", PROOF_TRUST_MAX);
	trust->given[trust->n++] = *given;
	return 0;
}

int
proof_trust_card(struct proof_trust *trust, struct span file,
    struct arena *arena, struct error *err)
{
	struct proof_trusted given;
	struct card *card;

	if (card_open(&card, file, arena, err) == -1)
		return -1;
	given = (struct proof_trusted){ card->fingerprint, card->party };
	return add_trust(trust, &given, err);
}

int
proof_trust_fingerprint(struct proof_trust *trust, struct span text,
    struct error *err)
{
	struct proof_trusted given = { .party = { NULL, 0 } };

	if (card_fingerprint_parse(&given.fingerprint, text, err) == -1)
		return -1;
	return add_trust(trust, &given, err);
}

/* A fingerprint alone is of whoever has it. */
static bool
is_of(const struct proof_trusted *given, const struct proof_party *party)
{
	return hash_is_equal(&given->fingerprint, &party->fingerprint) &&
	    (given->party.len == 0 ||
		span_is_equal(given->party, party->party));
}

static enum proof_standing
standing_of(const struct proof_trust *trust, const struct proof_party *party)
{
	enum proof_standing standing = PROOF_UNKNOWN;

	for (size_t i = 0; i < trust->n; i++) {
		if (is_of(&trust->given[i], party))
			return PROOF_TRUSTED;
		if (trust->given[i].party.len > 0 &&
		    span_is_equal(trust->given[i].party, party->party))
			standing = PROOF_OTHER;
	}
	return standing;
}

static void
note(struct proof_report *report, const char *text)
{
	report->notes[report->notes_n++] = text;
}

static void
fill_parties(struct proof_report *report, const struct evidence *ev,
    const struct proof_trust *trust, struct arena *arena)
{
	char digits[HASH_TEXT_MAX];

	for (unsigned side = 0; side < 2; side++) {
		struct proof_party *party = &report->parties[side];

		party->party = ev->manifest->parties[side].party;
		party->origin = ev->manifest->parties[side].origin;
		party->fingerprint = ev->cards[side]->fingerprint;
		party->standing = standing_of(trust, party);
	}
	for (size_t i = 0; i < trust->n; i++)
		if (!is_of(&trust->given[i], &report->parties[0]) &&
		    !is_of(&trust->given[i], &report->parties[1]))
			note(report,
			    arena_printf(arena,
				"no card in this bundle has the fingerprint "
				"that you gave, %s",
				hash_write(&trust->given[i].fingerprint,
				    digits)));
}

/* What was worked out as if all cards were trusted. */
static void
apply_trust(struct proof_line *line, const struct proof_report *report,
    struct arena *arena)
{
	for (unsigned side = 0; side < 2; side++) {
		const struct proof_party *party = &report->parties[side];

		if (line->needs[side] && party->standing == PROOF_OTHER) {
			line->verdict = PROOF_NOT_PROVEN;
			line->why = arena_printf(arena,
			    "the card of %.*s in this bundle is not the one "
			    "that you gave",
			    (int)party->party.len,
			    (const char *)party->party.ptr);
		}
		if (line->needs[side] && party->standing == PROOF_UNKNOWN &&
		    line->verdict == PROOF_PROVEN)
			line->verdict = PROOF_PROVEN_IF;
	}
}

/* A program to be run by a person must be one that we would write. */
static void
check_howto(struct proof_report *report, const struct evidence *ev,
    const struct bundle *bundle)
{
	const struct bundle_file *file =
	    bundle_find(bundle, span_text(MANIFEST_HOWTO_NAME));
	struct buf want;

	buf_init(&want, BUNDLE_FILE_MAX);
	howto_write(&want, ev);
	if (file == NULL || !span_is_equal(buf_span(&want), file->bytes))
		note(report,
		    MANIFEST_HOWTO_NAME " is not what this version of the "
					"program writes: read it before you "
					"run it");
	buf_clear(&want);
}

int
proof_verify(const struct bundle *bundle, const struct proof_trust *trust,
    struct proof_report *out, struct arena *arena, struct error *err)
{
	struct manifest *manifest = arena_alloc(arena, sizeof(*manifest));
	struct evidence *ev = arena_alloc(arena, sizeof(*ev));
	int rc = -1;

	*out = (struct proof_report){ .n = 0 };
	out->notes = arena_array(arena, NOTES_MAX, sizeof(*out->notes));
	if (manifest_open(manifest, bundle, arena, err) == -1 ||
	    evidence_open(ev, bundle, manifest, arena, err) == -1 ||
	    evidence_check(ev, err) == -1)
		goto out;
	fill_parties(out, ev, trust, arena);
	if (ev->cards[0]->is_exercise)
		note(out, "EXERCISE: both cards are for exercises only");
	check_howto(out, ev, bundle);
	out->lines =
	    arena_array(arena, manifest->claims_n, sizeof(*out->lines));
	for (; out->n < manifest->claims_n; out->n++) {
		verify_claim(&out->lines[out->n], ev, out->n, arena);
		apply_trust(&out->lines[out->n], out, arena);
	}
	rc = 0;
out:
	evidence_close(ev);
	return rc;
}

int
proof_report_status(const struct proof_report *report)
{
	static const int statuses[] = {
		[PROOF_PROVEN] = PROOF_EXIT_PROVEN,
		[PROOF_PROVEN_IF] = PROOF_EXIT_PROVEN_IF,
		[PROOF_NOT_PROVEN] = PROOF_EXIT_NOT_PROVEN,
		[PROOF_REFUTED] = PROOF_EXIT_REFUTED,
	};
	/* Nothing claimed is nothing proven. */
	enum proof_verdict worst =
	    report->n == 0 ? PROOF_NOT_PROVEN : PROOF_PROVEN;

	for (size_t i = 0; i < report->n; i++)
		if (report->lines[i].verdict > worst)
			worst = report->lines[i].verdict;
	return statuses[worst];
}

static void
write_line(struct buf *out, const struct proof_report *report,
    const struct proof_line *line)
{
	const char *before = " ";

	buf_text(out, proof_verdict_name(line->verdict));
	for (unsigned side = 0; side < 2; side++) {
		const struct proof_party *party = &report->parties[side];
		char text[CARD_FINGERPRINT_TEXT_MAX];

		if (line->verdict != PROOF_PROVEN_IF || !line->needs[side] ||
		    party->standing == PROOF_TRUSTED)
			continue;
		buf_printf(out, "%s%s is %.*s", before,
		    card_fingerprint_write(&party->fingerprint, text),
		    (int)party->party.len, (const char *)party->party.ptr);
		before = " and ";
	}
	buf_printf(out, ": %s%s\n", line->is_exercise ? "EXERCISE: " : "",
	    line->text);
	if (line->why[0] != '\0')
		buf_printf(out, "    because: %s\n", line->why);
	if (line->rests[0] != '\0')
		buf_printf(out, "    rests on: %s\n", line->rests);
}

void
proof_report_write(struct buf *out, const struct proof_report *report)
{
	for (size_t i = 0; i < report->n; i++)
		write_line(out, report, &report->lines[i]);
	for (size_t i = 0; i < report->notes_n; i++)
		buf_printf(out, "note: %s\n", report->notes[i]);
	buf_text(out, "never proven by any bundle:");
	for (size_t i = 0; proof_never[i] != NULL; i++)
		buf_printf(out, "%s %s", i > 0 ? ";" : "", proof_never[i]);
	buf_text(out, "\n");
}
