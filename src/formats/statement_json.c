#include "formats/statement_json.h"
#include "base/buf.h"
#include "domain/count.h"
#include "formats/json.h"

#define STATEMENT_VERSION 1

static struct json *
tally_json(const struct tally *tally)
{
	struct json *json = json_object_new(), *classes = json_object_new();

	json_set_integer(json, "total", (int64_t)tally->total);
	for (enum case_class c = 0; c < CASE_CLASS_COUNT; c++)
		json_set_integer(classes, case_class_name(c),
		    (int64_t)tally->classes[c]);
	json_set_json(json, "classes", classes);
	return json;
}

/* ${n} tallies, each named by the word it is of, from ${first} on. */
static struct json *
tallies_json(const struct tally *tallies, unsigned n, enum word first)
{
	struct json *json = json_object_new();

	for (unsigned i = 0; i < n; i++)
		json_set_json(json, word_name(first + i),
		    tally_json(&tallies[i]));
	return json;
}

/* Whole seconds; no figures where nothing has happened. */
static struct json *
spread_json(const struct spread *spread)
{
	struct json *json = json_object_new();

	json_set_integer(json, "n", (int64_t)spread->n);
	if (spread->n > 0) {
		json_set_integer(json, "median-s", spread->median.s);
		json_set_integer(json, "ninetieth-s", spread->ninetieth.s);
	}
	return json;
}

static struct json *
apart_json(const struct apart *apart)
{
	struct json *json = json_object_new();

	json_set_integer(json, "taken", (int64_t)apart->taken);
	json_set_integer(json, "not-taken", (int64_t)apart->not_taken);
	return json;
}

static void
set_columns(struct json *json, const struct direction *d)
{
	const struct column {
		const char *name;
		uint64_t value;
	} columns[] = {
		{ "reactions-late", d->reactions_late },
		{ "with-evidence", d->with_evidence },
		{ "without-evidence", d->without_evidence },
		{ "evidence-asked", d->evidence_asked },
		{ "evidence-given", d->evidence_given },
		{ "returns", d->returns },
		{ "extensions", d->extensions },
		{ "emergencies", d->emergencies },
		{ "emergencies-called-routine", d->emergencies_called_routine },
		{ "times-differ", d->times_differ },
	};

	for (size_t i = 0; i < COUNT_OF(columns); i++)
		json_set_integer(json, columns[i].name,
		    (int64_t)columns[i].value);
}

static struct json *
direction_json(const struct statement *statement, unsigned side)
{
	const struct direction *d = &statement->directions[side];
	struct json *json = json_object_new();

	json_set_text(json, "by", statement->parties[side]);
	json_set_text(json, "of", statement->parties[1 - side]);
	json_set_json(json, "requests", tally_json(&d->all));
	json_set_json(json, "topics",
	    tallies_json(d->topics, STATEMENT_TOPICS,
		vocabulary_first(VOCABULARY_TOPIC)));
	json_set_json(json, "urgencies",
	    tallies_json(d->urgencies, STATEMENT_URGENCIES,
		vocabulary_first(VOCABULARY_URGENCY)));
	set_columns(json, d);
	json_set_json(json, "acknowledge", spread_json(&d->acknowledge));
	json_set_json(json, "outcome", spread_json(&d->outcome));
	json_set_json(json, "reports", apart_json(&d->reports));
	json_set_json(json, "queries", apart_json(&d->queries));
	json_set_json(json, "answers", apart_json(&d->answers));
	return json;
}

static struct json *
heads_json(const struct statement *statement)
{
	struct json *list = json_array_new();

	for (size_t i = 0; i < statement->heads_n; i++) {
		const struct statement_head *head = &statement->heads[i];
		struct json *json = json_object_new();

		json_set_text(json, "party", statement->parties[head->side]);
		json_set_integer(json, "epoch", head->epoch);
		json_set_integer(json, "size", (int64_t)head->size);
		json_set_base64(json, "root", hash_span(&head->root));
		json_set_flag(json, "newest", head->is_newest);
		json_add_json(list, json);
	}
	return list;
}

void
statement_json_write(struct buf *out, const struct statement *statement)
{
	struct json *json = json_object_new();
	struct json *parties = json_array_new(), *directions = json_array_new();

	for (unsigned side = 0; side < STATEMENT_SIDES; side++) {
		json_add_text(parties, statement->parties[side]);
		json_add_json(directions, direction_json(statement, side));
	}
	json_set_integer(json, "v", STATEMENT_VERSION);
	json_set_integer(json, "rule", statement->scope.rule);
	json_set_instant(json, "from", statement->scope.from);
	json_set_instant(json, "to", statement->scope.to);
	json_set_instant(json, "as-of", statement->scope.as_of);
	json_set_flag(json, "exercise", statement->scope.is_exercise);
	json_set_json(json, "parties", parties);
	json_set_json(json, "heads", heads_json(statement));
	json_set_json(json, "directions", directions);
	json_write(out, json);
	json_free(json);
}
