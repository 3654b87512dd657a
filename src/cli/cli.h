#pragma once

/*
 * cli: the commands.
 *
 * Each is a row in commands.def with a table of options and a function; main
 * parses the first and calls the second.  Most talk to the node on its local
 * socket (client.h); init, card, verify and restore need none.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"
#include "cli/options.h"
#include "domain/kind.h"
#include "node/home.h"

struct arena;
struct client;
struct error;
struct json;

/* Exit statuses; docs: demarche(1). */
enum cli_status {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	/* of verify only */
	CLI_NOT_PROVEN = 3,
	CLI_REFUTED = 4,
	CLI_PROVEN_IF = 5,
};

/* What every command's values begin with. */
struct cli_common {
	const char *home;
	bool is_json;
};

/* clang-format off */
#define CLI_HOME \
	{ "home", "DIR", "the node's home; else $DEMARCHE_HOME, else " \
	    "$XDG_DATA_HOME/demarche, else ~/.local/share/demarche", \
	    option_text, offsetof(struct cli_common, home), \
	    OPTION_PLAIN, VOCABULARY_NONE }
#define CLI_JSON \
	{ "json", NULL, "print JSON", option_flag, \
	    offsetof(struct cli_common, is_json), OPTION_PLAIN, \
	    VOCABULARY_NONE }
/* clang-format on */

/* A run of one command.  Everything borrowed lives until it ends. */
struct cli {
	struct arena *arena;
	const struct command *command;
	const char *const *operands;
	size_t operands_n;
	const void *values;     /* the command's, after options_parse() */
	struct client *client;  /* opened by the first cli_call() */
	enum cli_status status; /* when run() returns 0 */
};

struct command {
	const char *name;     /* "peer add" */
	const char *operands; /* "[CASE]", "" */
	size_t operands_min, operands_max;
	const char *summary; /* one line, no full stop */
	/* The table, or what makes it; the size of what it fills in. */
	const struct option_row *rows;
	size_t rows_n;
	size_t (*make_rows)(const struct command *command,
	    struct option_row out[OPTIONS_MAX]);
	size_t values_size;
	int (*run)(struct cli *cli, struct error *err);
	enum kind kind; /* of a letter */
};

/* The commands, one file each but for the letters. */
#define COMMAND(name) extern const struct command command_##name;
#include "cli/commands.def"
#undef COMMAND

/* A row of it: initialisers of rows and rows_n. */
#define CLI_TABLE(table) .rows = (table), .rows_n = COUNT_OF(table)

/*
 * The home that the options name; of a node that was made.
 *
 * Owns: the texts are in the run's arena.
 * Fails: E_USAGE.
 */
NODISCARD int cli_home(const struct cli *cli, struct node_home *out,
    struct error *err);

/*
 * Ask the node: POST /v1/${name} with ${body}, which may be NULL.
 *
 * Owns: takes ${body}; ${reply} is the caller's, until json_free().
 * Blocks: until the answer is there.
 * Fails: E_NODE_DOWN, and what the node answers.
 */
NODISCARD int cli_call(struct cli *cli, const char *name, struct json *body,
    struct json **reply, struct error *err);

/*
 * Say "${question} [yes/no]" on the terminal, never on standard input.
 *
 * Fails: E_USAGE if there is no terminal, or it is not answered with yes.
 */
NODISCARD int cli_confirm(const char *question, struct error *err);

/*
 * Write a new file in the directory ${dir}: nothing is ever overwritten, and
 * ${name} is one plain name, see cli_name_is_safe().
 *
 * Fails: E_IO.
 */
NODISCARD int cli_write_new(const char *dir, const char *name,
    struct span bytes, struct error *err);

/* Letters, digits, "-", "_" and ".", not one in front, at most 100 bytes. */
bool cli_name_is_safe(struct span name);

/*
 * ${path}, made absolute; NULL stays NULL.
 *
 * Owns: ${out} is in the run's arena.
 * Fails: E_USAGE.
 */
NODISCARD int cli_absolute(const struct cli *cli, const char **out,
    const char *path, struct error *err);

/*
 * All that was printed has to be written, or the command failed.
 *
 * Fails: E_IO.
 */
NODISCARD int cli_flush(struct error *err);
