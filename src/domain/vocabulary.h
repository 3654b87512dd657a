#pragma once

/*
 * vocabulary: the coded words of records, from vocabulary.def.
 */

#include "base/attr.h"
#include "base/span.h"

struct error;

enum vocabulary {
	VOCABULARY_NONE,
#define VOCABULARY(name, text) VOCABULARY_##name,
#define WORD(vocabulary, name, text)
#include "domain/vocabulary.def"
#undef VOCABULARY
#undef WORD
	VOCABULARY_COUNT
};

/* One enum over all vocabularies: a word knows which one it is of. */
enum word {
#define VOCABULARY(name, text)
#define WORD(vocabulary, name, text) WORD_##vocabulary##_##name,
#include "domain/vocabulary.def"
#undef VOCABULARY
#undef WORD
	WORD_COUNT
};

const char *word_name(enum word word);
enum vocabulary word_vocabulary(enum word word);
const char *vocabulary_name(enum vocabulary vocabulary);

/*
 * The word of ${vocabulary} that reads ${text}.
 *
 * Fails: E_RECORD_MEMBER, with the words that were possible when they are few.
 */
NODISCARD int word_find(enum word *out, enum vocabulary vocabulary,
    struct span text, struct error *err);

/* The words of ${vocabulary} are [first, first + n) of enum word. */
enum word vocabulary_first(enum vocabulary vocabulary);
unsigned vocabulary_size(enum vocabulary vocabulary);
