#include "proof/verify.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "formats/card.h"
#include "formats/json.h"
#include "proc/bundle_file.h"
#include "proc/file.h"
#include "proof/bundle.h"

/* Bytes of a report. */
#define REPORT_MAX ((size_t)4 << 20)

struct verify_values {
	struct cli_common common;
	struct option_texts cards, fingerprints;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "card", "FILE", "a party's card, had from the party itself",
	    option_texts, offsetof(struct verify_values, cards),
	    OPTION_REPEATS, VOCABULARY_NONE },
	{ "fingerprint", "HEX", "the fingerprint of a party's card, had from "
	    "the party itself",
	    option_texts, offsetof(struct verify_values, fingerprints),
	    OPTION_REPEATS, VOCABULARY_NONE },
	{ "json", NULL, "print JSON", option_flag,
	    offsetof(struct cli_common, is_json), OPTION_PLAIN,
	    VOCABULARY_NONE },
};
/* clang-format on */

_Static_assert((int)CLI_NOT_PROVEN == PROOF_EXIT_NOT_PROVEN &&
	(int)CLI_REFUTED == PROOF_EXIT_REFUTED &&
	(int)CLI_PROVEN_IF == PROOF_EXIT_PROVEN_IF,
    "the same exit statuses");

static int
take_trust(struct cli *cli, struct proof_trust *trust, struct error *err)
{
	const struct verify_values *values = cli->values;
	struct span file;

	for (size_t i = 0; i < values->cards.n; i++)
		if (file_read(values->cards.items[i], CARD_FILE_MAX, cli->arena,
			&file, err) == -1 ||
		    proof_trust_card(trust, file, cli->arena, err) == -1)
			return -1;
	for (size_t i = 0; i < values->fingerprints.n; i++)
		if (proof_trust_fingerprint(trust,
			span_text(values->fingerprints.items[i]), err) == -1)
			return -1;
	return 0;
}

static const char *
standing_name(enum proof_standing standing)
{
	switch (standing) {
	case PROOF_UNKNOWN:
		return "unknown";
	case PROOF_TRUSTED:
		return "trusted";
	case PROOF_OTHER:
		return "another-card";
	}
	return "unknown";
}

static struct json *
line_json(const struct proof_line *line)
{
	struct json *json = json_object_new();

	json_set_word(json, "claim", proof_claim_name(line->claim));
	json_set_word(json, "verdict", proof_verdict_name(line->verdict));
	json_set_word(json, "text", line->text);
	json_set_word(json, "why", line->why);
	json_set_word(json, "rests", line->rests);
	json_set_flag(json, "exercise", line->is_exercise);
	if (line->has_record)
		json_set_hash(json, "record", &line->record);
	return json;
}

static void
print_json(const struct proof_report *report)
{
	struct json *json = json_object_new(), *parties = json_array_new();
	struct json *lines = json_array_new(), *notes = json_array_new();

	json_set_json(json, "parties", parties);
	json_set_json(json, "claims", lines);
	json_set_json(json, "notes", notes);
	for (size_t i = 0; i < COUNT_OF(report->parties); i++) {
		const struct proof_party *party = &report->parties[i];
		struct json *one = json_object_new();

		json_set_text(one, "party", party->party);
		json_set_text(one, "log", party->origin);
		json_set_hash(one, "fingerprint", &party->fingerprint);
		json_set_word(one, "standing", standing_name(party->standing));
		json_add_json(parties, one);
	}
	for (size_t i = 0; i < report->n; i++)
		json_add_json(lines, line_json(&report->lines[i]));
	for (size_t i = 0; i < report->notes_n; i++)
		json_add_word(notes, report->notes[i]);
	cli_print_json(stdout, json);
	json_free(json);
}

static int
run(struct cli *cli, struct error *err)
{
	const struct verify_values *values = cli->values;
	struct proof_report *report = arena_alloc(cli->arena, sizeof(*report));
	struct proof_trust trust = { .n = 0 };
	struct bundle bundle;
	struct buf text;

	if (take_trust(cli, &trust, err) == -1 ||
	    bundle_read(&bundle, cli->operands[0], cli->arena, err) == -1 ||
	    proof_verify(&bundle, &trust, report, cli->arena, err) == -1)
		return -1;
	if (values->common.is_json) {
		print_json(report);
	} else {
		buf_init(&text, REPORT_MAX);
		proof_report_write(&text, report);
		cli_print_text(stdout, buf_span(&text), PRINT_LINES);
		buf_clear(&text);
	}
	cli->status = (enum cli_status)proof_report_status(report);
	return 0;
}

const struct command command_verify = {
	.name = "verify",
	.operands = "BUNDLE",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Work out what a bundle proves, offline",
	CLI_TABLE(rows),
	.values_size = sizeof(struct verify_values),
	.run = run,
};
