#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "cli/options.h"
#include "cli/print.h"

/* "2026-11-22" */
#define DATE_LEN ((size_t)10)
#define DIGITS_MAX ((size_t)15)
#define WORD_TEXT_MAX ((size_t)80)

/* Where the help's words begin. */
#define HELP_COLUMN 26

int
option_flag(void *place, const struct option_row *row UNUSED,
    const char *argument UNUSED, struct error *err UNUSED)
{
	*(bool *)place = true;
	return 0;
}

int
option_text(void *place, const struct option_row *row, const char *argument,
    struct error *err)
{
	const char **text = place;

	if (*text != NULL)
		return error_set(err, E_USAGE, "--%s is given twice",
		    row->name);
	*text = argument;
	return 0;
}

int
option_texts(void *place, const struct option_row *row, const char *argument,
    struct error *err)
{
	struct option_texts *texts = place;

	if (texts->n == OPTIONS_TEXTS_MAX)
		return error_set(err, E_USAGE, "--%s is given too often",
		    row->name);
	texts->items[texts->n++] = argument;
	return 0;
}

int
option_instant_parse(struct instant *out, const char *text, struct error *err)
{
	char full[INSTANT_TEXT_MAX];
	struct error why;

	if (strlen(text) == DATE_LEN) {
		snprintf(full, sizeof(full), "%sT00:00:00Z", text);
		text = full;
	}
	if (instant_parse(out, span_text(text), &why) == -1)
		return error_set(err, E_USAGE,
		    "\"%s\" is no time like 2026-11-22T10:00:00Z "
		    "and no date like 2026-11-22",
		    text);
	return 0;
}

int
option_instant(void *place, const struct option_row *row, const char *argument,
    struct error *err)
{
	struct option_instant *instant = place;
	struct error why;

	if (instant->has)
		return error_set(err, E_USAGE, "--%s is given twice",
		    row->name);
	if (option_instant_parse(&instant->at, argument, &why) == -1)
		return error_set(err, E_USAGE, "--%s: %s", row->name,
		    why.detail);
	instant->has = true;
	return 0;
}

int
option_number(void *place, const struct option_row *row, const char *argument,
    struct error *err)
{
	struct option_number *number = place;
	size_t len = strlen(argument);

	if (number->has)
		return error_set(err, E_USAGE, "--%s is given twice",
		    row->name);
	if (len == 0 || len > DIGITS_MAX ||
	    strspn(argument, "0123456789") != len)
		return error_set(err, E_USAGE, "--%s: \"%s\" is no number",
		    row->name, argument);
	number->value = 0;
	for (size_t i = 0; i < len; i++)
		number->value =
		    number->value * 10 + (uint64_t)(argument[i] - '0');
	number->has = true;
	return 0;
}

/* AMBER is as good as TLP:AMBER. */
static int
find_word(enum word *out, const struct option_row *row, const char *argument,
    struct error *err)
{
	char full[WORD_TEXT_MAX];
	struct error why;

	if (word_find(out, row->vocabulary, span_text(argument), &why) == 0)
		return 0;
	if (row->vocabulary == VOCABULARY_TLP ||
	    row->vocabulary == VOCABULARY_PAP) {
		snprintf(full, sizeof(full), "%s:%s",
		    row->vocabulary == VOCABULARY_TLP ? "TLP" : "PAP",
		    argument);
		if (word_find(out, row->vocabulary, span_text(full), &why) == 0)
			return 0;
	}
	return error_set(err, E_USAGE, "--%s does not know \"%s\"", row->name,
	    argument);
}

int
option_words(void *place, const struct option_row *row, const char *argument,
    struct error *err)
{
	struct option_words *words = place;
	enum word word;

	if (find_word(&word, row, argument, err) == -1)
		return -1;
	for (unsigned i = 0; i < words->n; i++)
		if (words->items[i] == word)
			return error_set(err, E_USAGE, "--%s %s is given twice",
			    row->name, argument);
	if (words->n == FACT_WORDS_MAX)
		return error_set(err, E_USAGE, "--%s is given too often",
		    row->name);
	words->items[words->n++] = word;
	return 0;
}

int
option_word(void *place, const struct option_row *row, const char *argument,
    struct error *err)
{
	const struct option_words *words = place;

	if (words->n > 0)
		return error_set(err, E_USAGE, "--%s is given twice",
		    row->name);
	return option_words(place, row, argument, err);
}

/* The row for "name" or "name=value"; ${value} is then what follows. */
static const struct option_row *
find_row(const struct options *options, const char *name, const char **value)
{
	size_t len = strcspn(name, "=");

	*value = name[len] == '=' ? name + len + 1 : NULL;
	for (size_t i = 0; i < options->n; i++)
		if (strlen(options->rows[i].name) == len &&
		    memcmp(options->rows[i].name, name, len) == 0)
			return &options->rows[i];
	return NULL;
}

/* One option at argv[*i], with its argument. */
static int
take_option(struct options *options, void *values, int argc, char *const argv[],
    int *i, bool given[OPTIONS_MAX], struct error *err)
{
	const struct option_row *row;
	const char *value;

	if ((row = find_row(options, argv[*i] + 2, &value)) == NULL)
		return error_set(err, E_USAGE, "there is no option %s",
		    argv[*i]);
	if (row->argument == NULL && value != NULL)
		return error_set(err, E_USAGE, "--%s takes no value",
		    row->name);
	if (row->argument != NULL && value == NULL) {
		if (*i + 1 == argc)
			return error_set(err, E_USAGE, "--%s needs %s",
			    row->name, row->argument);
		value = argv[++*i];
	}
	given[row - options->rows] = true;
	if (row->set((uint8_t *)values + row->place, row, value, err) == -1) {
		options->wrong = row;
		return -1;
	}
	return 0;
}

static int
take_operand(struct options *options, const char *operand, struct error *err)
{
	if (options->operands_n == OPTIONS_OPERANDS_MAX)
		return error_set(err, E_USAGE, "too many arguments");
	options->operands[options->operands_n++] = operand;
	return 0;
}

static bool
asks_for_help(int argc, char *const argv[])
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

int
options_parse(struct options *options, void *values, int argc,
    char *const argv[], struct error *err)
{
	bool given[OPTIONS_MAX] = { false };
	bool is_ended = false;

	assert(options->n <= OPTIONS_MAX);
	if ((options->is_help = asks_for_help(argc, argv)))
		return 0;
	for (int i = 0; i < argc; i++) {
		if (is_ended || strncmp(argv[i], "-", 1) != 0) {
			if (take_operand(options, argv[i], err) == -1)
				return -1;
		} else if (strcmp(argv[i], "--") == 0) {
			is_ended = true;
		} else if (strncmp(argv[i], "--", 2) != 0) {
			return error_set(err, E_USAGE, "there is no option %s",
			    argv[i]);
		} else if (take_option(options, values, argc, argv, &i, given,
			       err) == -1) {
			return -1;
		}
	}
	for (size_t i = 0; i < options->n; i++)
		if ((options->rows[i].flags & OPTION_REQUIRED) && !given[i])
			return error_set(err, E_USAGE, "--%s %s is missing",
			    options->rows[i].name, options->rows[i].argument);
	return 0;
}

/* The row's help, broken at spaces, from HELP_COLUMN on. */
static void
print_help(FILE *out, const char *help, size_t column, bool is_required)
{
	while (*help != '\0') {
		size_t len = strcspn(help, " ");

		if (column > HELP_COLUMN && column + 1 + len > PRINT_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			putc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)len, help);
		column += len;
		help += len;
		help += strspn(help, " ");
	}
	fprintf(out, is_required ? " (required)\n" : "\n");
}

void
options_help(FILE *out, const struct options *options)
{
	for (size_t i = 0; i < options->n; i++) {
		const struct option_row *row = &options->rows[i];
		bool has = row->argument != NULL;
		int n;

		if (row->flags & OPTION_HIDDEN)
			continue;
		n = fprintf(out, "  --%s%s%s%s", row->name, has ? " " : "",
		    has ? row->argument : "",
		    row->flags & OPTION_REPEATS ? " ..." : "");
		if (n >= HELP_COLUMN)
			n = fprintf(out, "\n") * 0;
		fprintf(out, "%*s", HELP_COLUMN - n, "");
		print_help(out, row->help, HELP_COLUMN,
		    (row->flags & OPTION_REQUIRED) != 0);
		if (row->vocabulary != VOCABULARY_NONE)
			cli_print_words(out, row->vocabulary,
			    "                            ");
	}
}
