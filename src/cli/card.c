#include "cli/card.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "formats/card.h"
#include "formats/json.h"
#include "proc/file.h"

struct card_values {
	struct cli_common common;
	bool is_shown;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "show", NULL, "print what it says and its fingerprint",
	    option_flag, offsetof(struct card_values, is_shown),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

static void
print_line(FILE *out, const char *name, struct span text)
{
	fprintf(out, "%-13s", name);
	cli_print_text(out, text, PRINT_ONE_LINE);
	putc('\n', out);
}

void
cli_card_print(FILE *out, const struct card *card)
{
	char text[CARD_FINGERPRINT_TEXT_MAX], at[INSTANT_TEXT_MAX];

	print_line(out, "party", card->party);
	print_line(out, "country", card->country);
	for (unsigned i = 0; i < card->endpoints_n; i++)
		print_line(out, "endpoint", card->endpoints[i]);
	if (card->is_exercise)
		print_line(out, "use", span_text("EXERCISE only"));
	print_line(out, "made", span_text(instant_write(card->at, at)));
	print_line(out, "fingerprint",
	    span_text(card_fingerprint_write(&card->fingerprint, text)));
}

struct json *
cli_card_json(const struct card *card)
{
	char text[CARD_FINGERPRINT_TEXT_MAX];
	struct json *json = json_object_new(), *endpoints = json_array_new();

	json_set_text(json, "party", card->party);
	json_set_text(json, "country", card->country);
	for (unsigned i = 0; i < card->endpoints_n; i++)
		json_add_text(endpoints, card->endpoints[i]);
	json_set_json(json, "endpoints", endpoints);
	json_set_flag(json, "exercise", card->is_exercise);
	json_set_instant(json, "at", card->at);
	json_set_hash(json, "fingerprint", &card->fingerprint);
	json_set_word(json, "fingerprint-text",
	    card_fingerprint_write(&card->fingerprint, text));
	return json;
}

/* The file named, or our own card. */
static int
read_card(struct cli *cli, struct span *file, struct error *err)
{
	struct node_home home;
	const char *path;

	if (cli->operands_n > 0) {
		path = cli->operands[0];
	} else {
		if (cli_home(cli, &home, err) == -1)
			return -1;
		path = home.card;
	}
	return file_read(path, CARD_FILE_MAX, cli->arena, file, err);
}

static int
run(struct cli *cli, struct error *err)
{
	const struct card_values *values = cli->values;
	struct json *json;
	struct card *card;
	struct span file;

	if (read_card(cli, &file, err) == -1 ||
	    card_open(&card, file, cli->arena, err) == -1)
		return -1;
	if (values->common.is_json) {
		json = cli_card_json(card);
		cli_print_json(stdout, json);
		json_free(json);
	} else if (values->is_shown) {
		cli_card_print(stdout, card);
	} else {
		/* PEM, as it stands: card_open() took nothing else. */
		fwrite(file.ptr, 1, file.len, stdout);
	}
	return 0;
}

const struct command command_card = {
	.name = "card",
	.operands = "[FILE]",
	.operands_max = 1,
	.summary = "Print the party's card, to be given to peers",
	CLI_TABLE(rows),
	.values_size = sizeof(struct card_values),
	.run = run,
};
