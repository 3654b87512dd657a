#include <inttypes.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/reply.h"

struct status_values {
	struct cli_common common;
};

/* clang-format off */
static const struct option_row rows[] = {
	CLI_HOME,
	CLI_JSON,
};

/* Counts of cases: what the node calls them, what officers do. */
static const struct {
	const char *name, *text;
} counts[] = {
	{ "open", "open" },
	{ "awaiting-us", "await our answer" },
	{ "overdue-us", "OVERDUE, ours" },
	{ "undelivered", "not delivered" },
	{ "awaiting-them", "await their answer" },
	{ "overdue-them", "overdue, theirs" },
};
/* clang-format on */

static void
print_text(const struct json_reader *in, const char *before, const char *name)
{
	if (reply_text(in, name).len == 0)
		return;
	fputs(before, stdout);
	cli_print_text(stdout, reply_text(in, name), PRINT_ONE_LINE);
}

/* Bytes for people. */
static void
print_size(int64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t i = 0;

	while (value >= 1024 && i + 1 < COUNT_OF(units)) {
		value /= 1024;
		i++;
	}
	printf("%.*f %s", i == 0 ? 0 : 1, value, units[i]);
}

static void
print_trouble(const struct json_reader *peer)
{
	if (reply_flag(peer, "forked"))
		puts(PRINT_INDENT "ALARM: it signed two versions of its log; "
				  "see demarche bundle --claim fork");
	if (reply_flag(peer, "tail-lost"))
		puts(PRINT_INDENT
		    "ALARM: the end of our log with it is lost, and nobody "
		    "holds it;\n" PRINT_INDENT
		    "\"demarche peer reopen\" closes it where it was signed "
		    "for and begins another");
	if (reply_integer(peer, "documents-lost") > 0)
		printf(PRINT_INDENT
		    "ALARM: %" PRId64 " documents were lost, and it does not "
		    "hold them either;\n" PRINT_INDENT "the log names them\n",
		    reply_integer(peer, "documents-lost"));
	if (reply_flag(peer, "waited-for"))
		puts(PRINT_INDENT
		    "it has not taken our new TLS key, which is not "
		    "shown\n" PRINT_INDENT
		    "before all have; see demarche credential renew --now");
	if (reply_text(peer, "error-text").len == 0)
		return;
	cli_print_wrapped(stdout, reply_text(peer, "error-text"), PRINT_INDENT);
	cli_print_wrapped(stdout, reply_text(peer, "detail"), PRINT_INDENT);
	print_text(peer, PRINT_INDENT "fault: ", "fault");
	printf("; tried %" PRId64 " times", reply_integer(peer, "failures"));
	print_text(peer, ", again at ", "next-try");
	putchar('\n');
}

/* A peer that was not told of us yet is no trouble. */
static const char *
reach_name(const struct json_reader *peer)
{
	if (reply_flag(peer, "reachable"))
		return ": reachable";
	if (span_is_text(reply_text(peer, "error"), "peer-not-added"))
		return ": HAS NOT ADDED US YET";
	return ": NOT REACHABLE";
}

static void
print_peer(const struct json_reader *peer)
{
	int64_t entries = reply_integer(peer, "entries");
	int64_t left = entries - reply_integer(peer, "delivered");

	fputs("relation with ", stdout);
	cli_print_text(stdout, reply_text(peer, "party"), PRINT_ONE_LINE);
	fputs(reach_name(peer), stdout);
	print_text(peer, ", last at ", "last-ok");
	printf("\n    our log %" PRId64 " entries, ", entries);
	if (left > 0)
		printf("%" PRId64 " not delivered", left);
	else
		fputs("all delivered", stdout);
	if (reply_integer(peer, "documents-undelivered") > 0)
		printf(", %" PRId64 " documents not delivered",
		    reply_integer(peer, "documents-undelivered"));
	printf("; their log %" PRId64 " entries held\n",
	    reply_integer(peer, "held"));
	if (!reply_flag(peer, "checked"))
		puts(reply_flag(peer, "held-back") ?
			"    NOT ASKED yet how much of our log it holds; "
			"nothing is signed for it before" :
			"    it did not say how much of our log it holds; it "
			"is asked again first when it is back");
	print_trouble(peer);
}

static void
print_node(const struct json_reader *in)
{
	struct json_reader clock = reply_object(in, "clock");
	struct json_reader disk = reply_object(in, "disk");
	struct json_list sandbox = reply_list(in, "sandbox");

	cli_print_text(stdout, reply_text(in, "party"), PRINT_ONE_LINE);
	print_text(in, " (", "country");
	print_text(in, "), demarche ", "version");
	fputs(reply_flag(in, "exercise") ? ", EXERCISE\n" : "\n", stdout);
	print_text(&clock, "clock    ", "now");
	fputs(reply_flag(&clock, "scripted") ? " (scripted)\n" : "\n", stdout);
	fputs("disk     ", stdout);
	print_size(reply_integer(&disk, "used"));
	fputs(" used by the database, ", stdout);
	print_size(reply_integer(&disk, "free"));
	fputs(" free\n", stdout);
	for (size_t i = 0; i < sandbox.n; i++) {
		fputs("sandbox  ", stdout);
		cli_print_text(stdout, reply_item_text(&sandbox, i),
		    PRINT_ONE_LINE);
		putchar('\n');
	}
	if (reply_flag(in, "restored"))
		puts("RESTORED from a backup: the peers are being asked what "
		     "they hold; nothing is signed before");
	if (reply_flag(in, "failing"))
		puts("ALARM: writing or signing fails; see the node's log");
}

static void
print_status(const struct json_reader *in)
{
	struct json_reader cases = reply_object(in, "cases");
	struct json_list peers = reply_list(in, "peers");

	print_node(in);
	fputs("cases    ", stdout);
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		printf("%s%" PRId64 " %s",
		    i == 0     ? "" :
			i == 4 ? ",\n         " :
				 ", ",
		    reply_integer(&cases, counts[i].name), counts[i].text);
	putchar('\n');
	for (size_t i = 0; i < peers.n; i++) {
		struct json_reader peer = reply_item(&peers, i);

		print_peer(&peer);
	}
}

static int
run(struct cli *cli, struct error *err)
{
	const struct status_values *values = cli->values;
	struct json *reply = NULL;
	struct json_reader in;

	if (cli_call(cli, "status", NULL, &reply, err) == -1)
		return -1;
	in = reply_of(reply);
	if (values->common.is_json)
		cli_print_json(stdout, reply);
	else
		print_status(&in);
	json_free(reply);
	return 0;
}

const struct command command_status = {
	.name = "status",
	.operands = "",
	.summary = "Show the node: peers, undelivered, overdue, disk",
	CLI_TABLE(rows),
	.values_size = sizeof(struct status_values),
	.run = run,
};
