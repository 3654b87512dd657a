#include "base/arena.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"
#include "cli/serve.h"
#include "exchange/tls.h"
#include "formats/card.h"
#include "proc/clock.h"
#include "proc/file.h"
#include "seal/identity.h"

struct credential_values {
	struct cli_common common;
	struct option_words use;
	struct option_instant until, since;
	bool is_now;
};

/* clang-format off */
#define USE \
	{ "use", "WORD", "what the key is for", \
	    option_word, offsetof(struct credential_values, use), \
	    OPTION_REQUIRED, VOCABULARY_KEY_USE }

static const struct option_row renew_rows[] = {
	USE,
	{ "until", "T", "until when the new certificate is good",
	    option_instant, offsetof(struct credential_values, until),
	    OPTION_PLAIN, VOCABULARY_NONE },
	{ "now", NULL, "with --use tls: show the new key at once, also to "
	    "peers that have not taken it yet",
	    option_flag, offsetof(struct credential_values, is_now),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};

static const struct option_row compromise_rows[] = {
	USE,
	{ "since", "T", "since when the old key is not to be trusted; shown, "
	    "voids nothing that was delivered",
	    option_instant, offsetof(struct credential_values, since),
	    OPTION_REQUIRED, VOCABULARY_NONE },
	{ "until", "T", "until when the new certificate is good",
	    option_instant, offsetof(struct credential_values, until),
	    OPTION_PLAIN, VOCABULARY_NONE },
	CLI_HOME,
	CLI_JSON,
};
/* clang-format on */

/* A record for each docket. */
static void
print_letters(const struct json_reader *in)
{
	struct json_list list = reply_list(in, "letters");

	for (size_t i = 0; i < list.n; i++) {
		struct json_reader one = reply_item(&list, i);

		cli_print_cell(stdout, reply_short(&one, "leaf"), PRINT_SHORT);
		fputs("told ", stdout);
		cli_print_text(stdout, reply_text(&one, "peer"),
		    PRINT_ONE_LINE);
		putchar('\n');
	}
	if (list.n == 0)
		puts("done; there is no peer to be told");
	fputs("our card for new peers is another now; its fingerprint begins "
	      "with ",
	    stdout);
	cli_print_text(stdout, reply_short(in, "fingerprint"), PRINT_ONE_LINE);
	putchar('\n');
}

static int
read_card(struct cli *cli, const struct node_home *home, struct card **card,
    struct error *err)
{
	struct span file;

	if (file_read(home->card, CARD_FILE_MAX, cli->arena, &file, err) == -1)
		return -1;
	return card_open(card, file, cli->arena, err);
}

static int
make_tls(struct cli *cli, const struct node_home *home, const struct card *card,
    unsigned number, struct hash *pin, struct error *err)
{
	const struct credential_values *values = cli->values;
	struct seal_holder holder = {
		.party = arena_text(cli->arena, card->party),
		.country = arena_text(cli->arena, card->country),
	};
	struct clock clock;
	struct instant now;

	if (clock_open(&clock, NULL, err) == -1)
		return -1;
	now = clock_now(&clock);
	clock_close(&clock);
	holder.not_before = instant_add(now, period_of(-86400));
	holder.not_after =
	    instant_add(now, period_of((int64_t)NODE_INIT_YEARS * 365 * 86400));
	if (values->until.has)
		holder.not_after = values->until.at;
	if (number > NODE_TLS_MAX)
		return error_set(err, E_BUSY,
		    "%u TLS keys were made; take old ones out of %s",
		    NODE_TLS_MAX, home->tls);
	return node_home_make_tls(home, number, &holder, pin, err);
}

/*
 * The pin of a new TLS key, whose private half gate and courier alone read.
 * One that no card names yet was made by a run that came to nothing; one that
 * is only waited for is to be shown "now".
 */
static int
find_pin(struct cli *cli, enum word what, struct hash *pin, struct error *err)
{
	const struct credential_values *values = cli->values;
	struct node_home home;
	struct tls_pair pair;
	struct card *card;
	unsigned last = 0;

	if (cli_home(cli, &home, err) == -1 ||
	    read_card(cli, &home, &card, err) == -1)
		return -1;
	for (unsigned i = 1; i <= NODE_TLS_MAX; i++)
		if (node_home_has_tls(&home, i, cli->arena))
			last = i;
	if (last > 0 && cli_tls_read(&home, last, &pair, cli->arena, err) == -1)
		return -1;
	*pin = card->tls[card->tls_n - 1];
	if (values->is_now && what == WORD_CHANGE_NEW && card->tls_n > 1)
		return 0;
	if (last > 0 && !hash_is_equal(&pair.pin, pin) &&
	    !hash_is_equal(&pair.pin, &card->tls[0])) {
		*pin = pair.pin;
		return 0;
	}
	return make_tls(cli, &home, card, last + 1, pin, err);
}

/* What the node made of our card, where all look for it. */
static int
keep_card(struct cli *cli, const struct json_reader *in, struct error *err)
{
	struct span file = reply_text(in, "card");
	struct node_home home;
	struct card *card;

	if (cli_home(cli, &home, err) == -1 ||
	    card_open(&card, file, cli->arena, err) == -1)
		return -1;
	return file_write_durable(home.card, file, 0644, err);
}

static int
change(struct cli *cli, enum word what, struct error *err)
{
	const struct credential_values *values = cli->values;
	struct json *body = json_object_new(), *reply = NULL;
	struct json_reader in;
	struct hash pin;
	int rc = -1;

	if (values->is_now && values->use.items[0] != WORD_KEY_USE_TLS) {
		json_free(body);
		return error_set(err, E_USAGE, "--now is for --use tls");
	}
	json_set_word(body, "use", word_name(values->use.items[0]));
	json_set_word(body, "change", word_name(what));
	if (values->since.has)
		json_set_instant(body, "since", values->since.at);
	if (values->until.has)
		json_set_instant(body, "not-after", values->until.at);
	if (values->is_now)
		json_set_flag(body, "now", true);
	if (values->use.items[0] == WORD_KEY_USE_TLS) {
		if (find_pin(cli, what, &pin, err) == -1) {
			json_free(body);
			return -1;
		}
		json_set_hash(body, "pin", &pin);
	}
	if (cli_call(cli, "credential", body, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	if (keep_card(cli, &in, err) == -1)
		goto out;
	if (values->common.is_json)
		cli_print_json(stdout, reply);
	else
		print_letters(&in);
	rc = 0;
out:
	json_free(reply);
	return rc;
}

static int
run_renew(struct cli *cli, struct error *err)
{
	return change(cli, WORD_CHANGE_NEW, err);
}

static int
run_compromise(struct cli *cli, struct error *err)
{
	return change(cli, WORD_CHANGE_COMPROMISED, err);
}

const struct command command_credential_renew = {
	.name = "credential renew",
	.operands = "",
	.summary = "Make a new key and tell all peers",
	CLI_TABLE(renew_rows),
	.values_size = sizeof(struct credential_values),
	.run = run_renew,
};

const struct command command_credential_compromise = {
	.name = "credential compromise",
	.operands = "",
	.summary = "Declare a key compromised, replace it and tell all peers",
	CLI_TABLE(compromise_rows),
	.values_size = sizeof(struct credential_values),
	.run = run_compromise,
};
