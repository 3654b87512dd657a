#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "domain/vocabulary.h"

/* Words are told when they fit in one line of the operator's. */
#define TOLD_MAX 8

static const struct {
	enum vocabulary vocabulary;
	const char *name;
} words[] = {
#define VOCABULARY(name, text)
#define WORD(vocabulary, name, text) { VOCABULARY_##vocabulary, text },
#include "domain/vocabulary.def"
#undef VOCABULARY
#undef WORD
};

static const char *const names[] = {
	"none",
#define VOCABULARY(name, text) text,
#define WORD(vocabulary, name, text)
#include "domain/vocabulary.def"
#undef VOCABULARY
#undef WORD
};

_Static_assert(COUNT_OF(words) == WORD_COUNT, "a name for every word");
_Static_assert(COUNT_OF(names) == VOCABULARY_COUNT, "and vocabulary");

const char *
word_name(enum word word)
{
	assert((unsigned)word < WORD_COUNT);
	return words[word].name;
}

enum vocabulary
word_vocabulary(enum word word)
{
	assert((unsigned)word < WORD_COUNT);
	return words[word].vocabulary;
}

const char *
vocabulary_name(enum vocabulary vocabulary)
{
	assert((unsigned)vocabulary < VOCABULARY_COUNT);
	return names[vocabulary];
}

enum word
vocabulary_first(enum vocabulary vocabulary)
{
	enum word word = 0;

	while (word < WORD_COUNT && words[word].vocabulary != vocabulary)
		word++;
	return word;
}

unsigned
vocabulary_size(enum vocabulary vocabulary)
{
	enum word first = vocabulary_first(vocabulary), end = first;

	while (end < WORD_COUNT && words[end].vocabulary == vocabulary)
		end++;
	return end - first;
}

/* Say which words could have stood there, if that fits. */
static int
refuse(enum vocabulary vocabulary, struct error *err)
{
	unsigned n = vocabulary_size(vocabulary);
	enum word first = vocabulary_first(vocabulary);
	char list[200] = "";
	size_t len = 0;

	for (unsigned i = 0; n <= TOLD_MAX && i < n; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
		    i > 0 ? ", " : ": one of ", words[first + i].name);
	assert(len < sizeof(list));
	return error_set(err, E_RECORD_MEMBER, "not a known %s%s",
	    vocabulary_name(vocabulary), list);
}

int
word_find(enum word *out, enum vocabulary vocabulary, struct span text,
    struct error *err)
{
	enum word first = vocabulary_first(vocabulary);
	unsigned n = vocabulary_size(vocabulary);

	for (unsigned i = 0; i < n; i++) {
		if (span_is_text(text, words[first + i].name)) {
			*out = first + i;
			return 0;
		}
	}
	return refuse(vocabulary, err);
}
