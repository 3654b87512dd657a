#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/print.h"
#include "cli/serve.h"

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "cli/commands.def"
#undef COMMAND
};

/* Does the command's name begin with the word ${word}? */
static bool
begins_with(const struct command *command, const char *word)
{
	size_t len = strlen(word);

	return strncmp(command->name, word, len) == 0 &&
	    (command->name[len] == ' ' || command->name[len] == '\0');
}

/* The command at the start of ${argv}, and of how many words its name is. */
static const struct command *
find_command(int argc, char *const argv[], int *words)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		const char *second = strchr(commands[i]->name, ' ');

		if (argc < 1 || !begins_with(commands[i], argv[0]))
			continue;
		*words = second == NULL ? 1 : 2;
		if (second == NULL ||
		    (argc > 1 && strcmp(second + 1, argv[1]) == 0))
			return commands[i];
	}
	return NULL;
}

/* All commands, or those whose name begins with ${word}. */
static void
list_commands(FILE *out, const char *word)
{
	fprintf(out, "usage: demarche %s [options]\n\n",
	    word == NULL ? "command" : word);
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (word == NULL || begins_with(commands[i], word))
			fprintf(out, "  %-24s%s\n", commands[i]->name,
			    commands[i]->summary);
	fputs("\nEach has --help; the manual is demarche(1).\n", out);
}

static void
print_usage(FILE *out, const struct command *command)
{
	fprintf(out, "usage: demarche %s [options]%s%s\n", command->name,
	    command->operands[0] != '\0' ? " " : "", command->operands);
}

static int
wrong_usage(const struct command *command, const struct options *options,
    const struct error *err)
{
	cli_print_error(command->name, err);
	if (options->wrong != NULL &&
	    options->wrong->vocabulary != VOCABULARY_NONE) {
		fprintf(stderr, "--%s is one of:\n", options->wrong->name);
		cli_print_words(stderr, options->wrong->vocabulary,
		    PRINT_INDENT);
	}
	print_usage(stderr, command);
	fprintf(stderr, "see \"demarche %s --help\"\n", command->name);
	return CLI_USAGE;
}

static int
check_operands(const struct command *command, const struct options *options,
    struct error *err)
{
	if (options->operands_n < command->operands_min)
		return error_set(err, E_USAGE, "%s is missing",
		    command->operands);
	if (options->operands_n > command->operands_max)
		return error_set(err, E_USAGE,
		    "\"%s\" is one argument too many",
		    options->operands[command->operands_max]);
	return 0;
}

static int
print_help(const struct command *command, const struct options *options)
{
	struct error err;

	print_usage(stdout, command);
	printf("\n%s.\n\n", command->summary);
	options_help(stdout, options);
	printf("  --help                  print this\n");
	return cli_flush(&err) == -1 ? CLI_FAILED : CLI_DONE;
}

/* Parse the options of ${command} and do it. */
static int
run(const struct command *command, int argc, char *const argv[])
{
	struct option_row made[OPTIONS_MAX];
	struct options options = { .rows = command->rows,
		.n = command->rows_n };
	struct cli cli = { .command = command, .status = CLI_DONE };
	void *values;
	struct error err;
	int status = CLI_FAILED;

	if (command->make_rows != NULL) {
		options.rows = made;
		options.n = command->make_rows(command, made);
	}
	cli.arena = arena_new();
	cli.values = values = arena_alloc(cli.arena, command->values_size);
	if (options_parse(&options, values, argc, argv, &err) == -1 ||
	    (!options.is_help &&
		check_operands(command, &options, &err) == -1)) {
		status = wrong_usage(command, &options, &err);
		goto out;
	}
	if (options.is_help) {
		status = print_help(command, &options);
		goto out;
	}
	cli.operands = options.operands;
	cli.operands_n = options.operands_n;
	if (command->run(&cli, &err) == -1 || cli_flush(&err) == -1) {
		fflush(stdout);
		cli_print_error(command->name, &err);
		goto out;
	}
	status = (int)cli.status;
out:
	client_close(cli.client);
	arena_free(cli.arena);
	return status;
}

int
main(int argc, char *argv[])
{
	const struct command *command;
	int words;

	/* Texts are UTF-8 whatever the locale says; only times are local. */
	setlocale(LC_ALL, "C");
	if (argc > 2 && strcmp(argv[1], "--role") == 0)
		return serve_role(argc - 2, argv + 2);
	if (argc == 2 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		list_commands(stdout, NULL);
		return CLI_DONE;
	}
	command = find_command(argc - 1, argv + 1, &words);
	if (command != NULL)
		return run(command, argc - 1 - words, argv + 1 + words);
	for (size_t i = 0; argc > 1 && i < COUNT_OF(commands); i++) {
		if (!begins_with(commands[i], argv[1]))
			continue;
		list_commands(argc == 3 ? stdout : stderr, argv[1]);
		return argc == 3 && strcmp(argv[2], "--help") == 0 ? CLI_DONE :
								     CLI_USAGE;
	}
	if (argc > 1)
		fprintf(stderr, "demarche: there is no such command\n");
	list_commands(stderr, NULL);
	return CLI_USAGE;
}
