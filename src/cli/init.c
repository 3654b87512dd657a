#include "base/arena.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "formats/card.h"
#include "formats/json.h"
#include "proc/clock.h"
#include "proc/file.h"
#include "proc/home.h"

struct init_values {
	struct cli_common common;
	const char *party, *country;
	struct option_texts endpoints;
	bool is_exercise;
	struct option_instant from, until;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "party", "NAME", "the party's name, like cert.north.example",
	    option_text, offsetof(struct init_values, party),
	    OPTION_REQUIRED, VOCABULARY_NONE },
	{ "country", "CC", "its country, two capitals (ISO 3166-1)",
	    option_text, offsetof(struct init_values, country),
	    OPTION_REQUIRED, VOCABULARY_NONE },
	{ "endpoint", "URL", "where peers reach this node, https://host:port; "
	    "it listens at the first",
	    option_texts, offsetof(struct init_values, endpoints),
	    OPTION_REQUIRED | OPTION_REPEATS, VOCABULARY_NONE },
	{ "exercise", NULL, "all that is recorded here is an exercise",
	    option_flag, offsetof(struct init_values, is_exercise),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "from", "T", "from when the certificates are good (exercise)",
	    option_instant, offsetof(struct init_values, from),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "until", "T", "until when the certificates are good",
	    option_instant, offsetof(struct init_values, until),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

/* What the operator needs next: where it is, and the fingerprint. */
static int
print_made(struct cli *cli, const struct node_home *home, struct error *err)
{
	const struct cli_common *common = cli->values;
	char text[CARD_FINGERPRINT_TEXT_MAX];
	struct json *json = NULL;
	struct card *card;
	struct span file;

	if (file_read(home->card, CARD_FILE_MAX, cli->arena, &file, err) ==
		-1 ||
	    card_open(&card, file, cli->arena, err) == -1)
		return -1;
	card_fingerprint_write(&card->fingerprint, text);
	if (!common->is_json) {
		printf("made %s\nfingerprint %s\n", home->path, text);
		return 0;
	}
	json = json_object_new();
	json_set_word(json, "home", home->path);
	json_set_text(json, "party", card->party);
	json_set_hash(json, "fingerprint", &card->fingerprint);
	json_set_word(json, "fingerprint-text", text);
	json_set_flag(json, "exercise", card->is_exercise);
	cli_print_json(stdout, json);
	json_free(json);
	return 0;
}

static int
run(struct cli *cli, struct error *err)
{
	const struct init_values *values = cli->values;
	struct node_init init = {
		.party = values->party,
		.country = values->country,
		.endpoints = values->endpoints.items,
		.endpoints_n = values->endpoints.n,
		.is_exercise = values->is_exercise,
		.not_before = values->from.at,
		.not_after = values->until.at,
	};
	struct node_home home;
	struct clock clock;

	if (values->from.has && !values->is_exercise)
		return error_set(err, E_USAGE, "--from is for an exercise");
	if (home_path(&init.path, cli->arena, values->common.home, err) == -1 ||
	    clock_open(&clock, NULL, err) == -1)
		return -1;
	init.now = clock_now(&clock);
	clock_close(&clock);
	if (node_init(&init, err) == -1)
		return -1;
	node_home_of(&home, init.path, cli->arena);
	return print_made(cli, &home, err);
}

const struct command command_init = {
	.name = "init",
	.operands = "",
	.summary = "Make a node's home: keys, card and database",
	CLI_TABLE(rows),
	.values_size = sizeof(struct init_values),
	.run = run,
};
