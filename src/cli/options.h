#pragma once

/*
 * options: a command's options, from a table.
 *
 * "--name VALUE" and "--name=VALUE" are the same; "--" ends the options;
 * options and operands may stand in any order.  Names are given whole.  The
 * table is all there is: what is parsed, what --help prints, and what the
 * tests compare the man pages with.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/instant.h"
#include "domain/record.h"
#include "domain/vocabulary.h"

struct error;

/* Options of one command; operands; values of one repeated option. */
#define OPTIONS_MAX 48
#define OPTIONS_OPERANDS_MAX 8
#define OPTIONS_TEXTS_MAX RECORD_DOCUMENTS_MAX

enum option_flags {
	OPTION_PLAIN = 0,
	OPTION_REQUIRED = 1 << 0,
	OPTION_REPEATS = 1 << 1,
	OPTION_HIDDEN = 1 << 2, /* not for people */
};

struct option_row;

/* Takes ${argument} (NULL for a flag) into ${place}.  Fails: E_USAGE. */
typedef int option_setter(void *place, const struct option_row *row,
    const char *argument, struct error *err);

struct option_row {
	const char *name;     /* without the dashes */
	const char *argument; /* "FILE"; NULL: a flag */
	const char *help;
	option_setter *set;
	size_t place; /* offset in the command's values */
	unsigned flags;
	enum vocabulary vocabulary; /* of its words, or VOCABULARY_NONE */
};

struct option_texts {
	const char *items[OPTIONS_TEXTS_MAX];
	size_t n;
};

struct option_instant {
	bool has;
	struct instant at;
};

struct option_number {
	bool has;
	uint64_t value;
};

struct option_words {
	enum word items[FACT_WORDS_MAX];
	unsigned n;
};

option_setter option_flag;    /* bool */
option_setter option_text;    /* const char * */
option_setter option_texts;   /* struct option_texts */
option_setter option_instant; /* struct option_instant; also a plain date */
option_setter option_number;  /* struct option_number */
option_setter option_word;    /* struct option_words, one */
option_setter option_words;   /* struct option_words */

/* An instant, or a date for its midnight, UTC.  Fails: E_USAGE. */
NODISCARD int option_instant_parse(struct instant *out, const char *text,
    struct error *err);

struct options {
	const struct option_row *rows;
	size_t n; /* at most OPTIONS_MAX */
	const char *operands[OPTIONS_OPERANDS_MAX];
	size_t operands_n;
	bool is_help;                   /* --help was given: nothing else is */
	const struct option_row *wrong; /* whose argument was not understood */
};

/*
 * Take ${argv}[0..argc), which has no program's name, into ${values} and
 * operands.
 *
 * Owns: texts are borrowed from ${argv}.
 * Fails: E_USAGE.
 */
NODISCARD int options_parse(struct options *options, void *values, int argc,
    char *const argv[], struct error *err);

/* The table for people. */
void options_help(FILE *out, const struct options *options);
