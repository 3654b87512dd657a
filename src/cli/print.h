#pragma once

/*
 * print: what people read on the terminal.
 *
 * What a peer or a file wrote may hold characters that move the cursor,
 * colour the screen or turn the direction of writing round.  So nothing from
 * outside goes to the terminal but through here.
 */

#include <stdio.h>

#include "base/hash.h"
#include "base/span.h"
#include "domain/vocabulary.h"

struct arena;
struct error;
struct json;

/* Hex digits of a name as people see it. */
#define PRINT_SHORT ((size_t)8)

/* What begins a line that is broken. */
#define PRINT_INDENT "    "

/* Columns of a line that we break ourselves. */
#define PRINT_WIDTH 79

enum print_lines {
	PRINT_ONE_LINE, /* a line's end is escaped too */
	PRINT_LINES,    /* line ends and tabs stay */
};

/*
 * Write ${text}; what does not print becomes \uNNNN (which in JSON means the
 * same), what is not UTF-8 \xNN.
 */
void cli_print_text(FILE *out, struct span text, enum print_lines lines);

/* The same with ${indent} before each line, and a line's end behind it. */
void cli_print_block(FILE *out, struct span text, const char *indent);

/* The same as a paragraph of PRINT_WIDTH, ${indent} before each line. */
void cli_print_wrapped(FILE *out, struct span text, const char *indent);

/* The same in a column of ${width}, two spaces behind it; 0: as it is. */
void cli_print_cell(FILE *out, struct span text, size_t width);

/* Columns that cli_print_cell() fills with ${text}, about. */
size_t cli_print_width(struct span text);

/* JSON for scripts: indented, one member a line. */
void cli_print_json(FILE *out, const struct json *json);

/* The words of ${vocabulary}, in lines that begin with ${indent}. */
void cli_print_words(FILE *out, enum vocabulary vocabulary, const char *indent);

/* "demarche: WHAT: why (detail; fault: whose)" on standard error. */
void cli_print_error(const char *what, const struct error *why);
