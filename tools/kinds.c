/*
 * kinds: print the tables of src/domain as markdown: docs/KINDS.md.
 */

#include <stdio.h>
#include <string.h>

#include "domain/casefile.h"
#include "domain/kind.h"
#include "domain/record.h"

static const char *
sender_name(enum kind_sender sender)
{
	switch (sender) {
	case SENDER_EITHER:
		return "either";
	case SENDER_REQUESTER:
		return "requester";
	case SENDER_RESPONDER:
		return "responder";
	}
	return "";
}

static const char *
opens_name(enum kind_opens opens)
{
	switch (opens) {
	case OPENS_NO_CASE:
		return "outside";
	case OPENS_ALWAYS:
		return "opens";
	case OPENS_NEVER:
		return "within";
	case OPENS_EITHER_WAY:
		return "either way";
	}
	return "";
}

static const char *
re_name(enum kind_re re)
{
	switch (re) {
	case RE_NONE:
		return "no";
	case RE_OPTIONAL:
		return "may";
	case RE_REQUIRED:
		return "must";
	}
	return "";
}

static const char *
type_name(enum member_type type)
{
	switch (type) {
	case MEMBER_WORD:
		return "word";
	case MEMBER_WORDS:
		return "words";
	case MEMBER_INSTANT:
		return "time";
	case MEMBER_HASH:
		return "hash";
	case MEMBER_HASHES:
		return "hashes";
	case MEMBER_TEXT:
		return "text";
	case MEMBER_FLAG:
		return "true or false";
	}
	return "";
}

static void
print_kinds(void)
{
	puts("\n## Kinds\n\n"
	     "*Case*: does it open one, stand within one or outside all. *Re*: "
	     "does it name\nthe record that it answers.\n\n"
	     "| kind | case | sent by | re | lodged by | RFC 6545 | RFC 7970 "
	     "| EN 319 522 |\n"
	     "| --- | --- | --- | --- | --- | --- | --- | --- |");
	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		const struct kind_row *row = kind_row(kind);

		printf("| `%s` | %s | %s | %s | %s | %s | %s | %s |\n",
		    row->name, opens_name(row->opens), sender_name(row->sender),
		    re_name(row->re),
		    row->lodged == LODGED_NODE ? "node" : "operator", row->rid,
		    row->iodef, row->erds);
	}
}

static void
print_members(void)
{
	puts("\n## Members\n\n"
	     "In the object named after the kind.\n\n"
	     "| kind | member | type | vocabulary | |\n"
	     "| --- | --- | --- | --- | --- |");
	for (enum member member = 0; member < MEMBER_COUNT; member++) {
		const struct member_row *row = member_row(member);

		printf("| `%s` | `%s` | %s | %s | %s |\n",
		    kind_row(row->kind)->name, row->name, type_name(row->type),
		    row->vocabulary == VOCABULARY_NONE ?
			"-" :
			vocabulary_name(row->vocabulary),
		    row->occurs == OCCURS_ONE ? "required" : "optional");
	}
}

static void
print_words(void)
{
	puts("\n## Words");
	for (enum vocabulary v = VOCABULARY_NONE + 1; v < VOCABULARY_COUNT;
	     v++) {
		enum word first = vocabulary_first(v);

		printf("\n**%s**:\n", vocabulary_name(v));
		for (unsigned i = 0; i < vocabulary_size(v); i++)
			printf("`%s`%s\n", word_name(first + i),
			    i + 1 < vocabulary_size(v) ? "," : ".");
	}
}

/* The kinds of ${set}, separated by commas. */
static void
print_set(uint64_t set)
{
	const char *comma = "";

	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		if ((set >> kind & 1) == 0)
			continue;
		printf("%s%s", comma, kind_row(kind)->name);
		comma = ", ";
	}
	if (set == 0)
		putchar('-');
}

static void
print_classes(void)
{
	puts("\n## Classes of a request\n\n"
	     "In the order in which they are tried; the last two columns are "
	     "what is of use\nnext. An `answer` is of use wherever one is "
	     "owed.\n\n"
	     "| class | on pages | requester | responder |\n"
	     "| --- | --- | --- | --- |");
	for (enum case_class class = 0; class < CASE_CLASS_COUNT; class ++) {
		struct casefile casefile = {
			.kind = KIND_REQUEST,
			.has_class = true,
			.class = class,
		};

		printf("| `%s` | %s | ", case_class_name(class),
		    case_class_shown(class));
		print_set(casefile_allowed(&casefile, 0));
		printf(" | ");
		print_set(casefile_allowed(&casefile, 1));
		puts(" |");
	}
}

int
main(void)
{
	puts("# Kinds of record, their members and words\n\n"
	     "Made by `make docs` from `src/domain/*.def`: do not edit.");
	print_kinds();
	print_members();
	print_words();
	print_classes();
	return ferror(stdout) != 0;
}
