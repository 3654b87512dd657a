#include "base/arena.h"
#include "base/error.h"
#include "cli/card.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"
#include "formats/card.h"
#include "proc/file.h"

struct peer_values {
	struct cli_common common;
	const char *fingerprint;
};

/* clang-format off */
static const struct option_row add_rows[] = {
	{ "fingerprint", "HEX", "the card's fingerprint, had from the party "
	    "itself; nothing is asked then",
	    option_text, offsetof(struct peer_values, fingerprint),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};

static const struct option_row rows[] = {
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

/* Compare with what was given, or let a person compare. */
static int
compare(const struct peer_values *values, const struct card *card,
    struct error *err)
{
	struct hash given;

	if (values->fingerprint != NULL) {
		if (card_fingerprint_parse(&given,
			span_text(values->fingerprint), err) == -1)
			return -1;
		if (!hash_is_equal(&given, &card->fingerprint))
			return error_set(err, E_CARD_FINGERPRINT,
			    "it is not the one given");
		return 0;
	}
	cli_card_print(stderr, card);
	return cli_confirm("Did the party itself, by another way, "
			   "give you this fingerprint?",
	    err);
}

static int
run_add(struct cli *cli, struct error *err)
{
	const struct peer_values *values = cli->values;
	struct json *body, *reply = NULL;
	struct json_reader in;
	struct card *card;
	struct span file, opening;

	if (file_read(cli->operands[0], CARD_FILE_MAX, cli->arena, &file,
		err) == -1 ||
	    card_open(&card, file, cli->arena, err) == -1 ||
	    compare(values, card, err) == -1)
		return -1;
	body = json_object_new();
	json_set_text(body, "card", file);
	json_set_hash(body, "fingerprint", &card->fingerprint);
	if (cli_call(cli, "peer-add", body, &reply, err) == -1)
		return -1;
	if (values->common.is_json) {
		cli_print_json(stdout, reply);
	} else {
		in = reply_of(reply);
		opening = reply_short(&in, "opening");
		cli_print_text(stdout, card->party, PRINT_ONE_LINE);
		fputs(" is a peer now; our log opens with ", stdout);
		cli_print_text(stdout, opening, PRINT_ONE_LINE);
		putchar('\n');
	}
	json_free(reply);
	return 0;
}

static void
print_field(const struct json_reader *peer, const char *label, const char *name)
{
	struct span text = reply_text(peer, name);

	if (text.len == 0)
		return;
	printf("%-13s", label);
	cli_print_text(stdout, text, PRINT_ONE_LINE);
	putchar('\n');
}

static void
print_fields(const struct json_reader *peer, const char *label,
    const char *name)
{
	struct json_list list = reply_list(peer, name);

	for (size_t i = 0; i < list.n; i++) {
		printf("%-13s", label);
		cli_print_text(stdout, reply_item_text(&list, i),
		    PRINT_ONE_LINE);
		putchar('\n');
	}
}

static void
print_peer(const struct json_reader *peer)
{
	print_field(peer, "party", "party");
	print_field(peer, "country", "country");
	print_fields(peer, "endpoint", "endpoints");
	if (reply_flag(peer, "exercise"))
		printf("%-13s%s\n", "use", "EXERCISE only");
	print_field(peer, "added", "added");
	print_field(peer, "our log", "own-log");
	print_field(peer, "their log", "their-log");
	print_field(peer, "fingerprint", "fingerprint-text");
	print_field(peer, "seal", "seal");
	print_fields(peer, "mirror", "mirror");
	print_fields(peer, "tls", "tls");
}

/* A line a peer: party, country, fingerprint's first groups. */
static void
print_line(const struct json_reader *peer)
{
	cli_print_cell(stdout, reply_text(peer, "party"), 32);
	cli_print_cell(stdout, reply_text(peer, "country"), 2);
	cli_print_cell(stdout, reply_text(peer, "added"), 0);
	if (reply_flag(peer, "exercise"))
		fputs("  EXERCISE", stdout);
	putchar('\n');
}

static int
run_list(struct cli *cli, struct error *err)
{
	const struct peer_values *values = cli->values;
	struct json *reply = NULL;
	struct json_reader in;
	struct json_list list;

	if (cli_call(cli, "peers", NULL, &reply, err) == -1)
		return -1;
	if (values->common.is_json) {
		cli_print_json(stdout, reply);
		goto out;
	}
	in = reply_of(reply);
	list = reply_list(&in, "peers");
	for (size_t i = 0; i < list.n; i++) {
		struct json_reader peer = reply_item(&list, i);

		print_line(&peer);
	}
	if (list.n == 0)
		puts("no peers; add one with \"demarche peer add\"");
out:
	json_free(reply);
	return 0;
}

static int
run_show(struct cli *cli, struct error *err)
{
	const struct peer_values *values = cli->values;
	struct json *reply = NULL;
	struct json_reader in;
	struct json_list list;
	int rc = -1;

	if (cli_call(cli, "peers", NULL, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	list = reply_list(&in, "peers");
	for (size_t i = 0; i < list.n && rc == -1; i++) {
		struct json_reader peer = reply_item(&list, i);

		if (!span_is_text(reply_text(&peer, "party"), cli->operands[0]))
			continue;
		if (values->common.is_json)
			cli_print_json(stdout, peer.object);
		else
			print_peer(&peer);
		rc = 0;
	}
	if (rc == -1)
		error_set(err, E_NOT_FOUND, "%s is no peer", cli->operands[0]);
	json_free(reply);
	return rc;
}

const struct command command_peer_add = {
	.name = "peer add",
	.operands = "CARD",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Add a peer by its card, once its fingerprint is compared",
	CLI_TABLE(add_rows),
	.values_size = sizeof(struct peer_values),
	.run = run_add,
};

const struct command command_peer_list = {
	.name = "peer list",
	.operands = "",
	.summary = "List the peers",
	CLI_TABLE(rows),
	.values_size = sizeof(struct peer_values),
	.run = run_list,
};

const struct command command_peer_show = {
	.name = "peer show",
	.operands = "PARTY",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Show what is known of a peer",
	CLI_TABLE(rows),
	.values_size = sizeof(struct peer_values),
	.run = run_show,
};
