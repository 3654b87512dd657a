#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "docket/cases.h"
#include "docket/docket.h"
#include "domain/record.h"
#include "formats/card.h"
#include "node/calls.h"
#include "store/document.h"
#include "store/entry.h"
#include "store/log.h"

/* Hex digits of a name as people see it. */
#define SHORT_BYTES ((size_t)4)

void
calling_moment(struct json *out, const char *name, const struct moment *moment)
{
	if (moment->has)
		json_set_instant(out, name, moment->at);
}

static void
due_json(struct json *out, const struct casefile *casefile,
    const struct span names[2])
{
	struct due due[CASEFILE_DUE_MAX];
	struct json *list = json_array_new();
	size_t n = casefile_due(casefile, due);

	for (size_t i = 0; i < n; i++) {
		struct json *one = json_object_new();

		json_set_word(one, "what", due_what_name(due[i].what));
		json_set_integer(one, "side", due[i].side);
		json_set_text(one, "party", names[due[i].side]);
		calling_moment(one, "by", &due[i].by);
		json_set_flag(one, "late", due[i].is_late);
		json_add_json(list, one);
	}
	json_set_json(out, "due", list);
}

/* What only a request has. */
static void
request_json(struct json *out, const struct casefile *casefile)
{
	json_set_word(out, "class", case_class_name(casefile->class));
	json_set_word(out, "shown", case_class_shown(casefile->class));
	json_set_word(out, "urgency", word_name(casefile->urgency));
	json_set_word(out, "purpose", word_name(casefile->purpose));
	calling_moment(out, "acknowledge-due", &casefile->acknowledge_due);
	calling_moment(out, "outcome-due", &casefile->outcome_due);
	calling_moment(out, "preserve-until", &casefile->preserve_until);
	if (casefile->final.has)
		json_set_word(out, "final", word_name(casefile->final_outcome));
	if (casefile->appraised.has)
		json_set_word(out, "appraisal", word_name(casefile->appraisal));
	json_set_flag(out, "late", casefile->is_reaction_late);
}

void
calling_case_json(struct json *out, const struct case_view *view,
    const struct span names[2])
{
	const struct casefile *casefile = &view->casefile;
	char text[HASH_TEXT_MAX];

	json_set_hash(out, "case", &view->name);
	json_set_text(out, "short",
	    span_of(hash_write(&view->name, text), 2 * SHORT_BYTES));
	json_set_text(out, "peer", view->peer);
	json_set_word(out, "kind", kind_row(casefile->kind)->name);
	json_set_text(out, "requester", names[casefile->requester]);
	json_set_instant(out, "at", casefile->at);
	json_set_flag(out, "exercise", casefile->is_exercise);
	json_set_flag(out, "open", casefile_is_open(casefile));
	if (casefile->has_topic)
		json_set_word(out, "topic", word_name(casefile->topic));
	calling_moment(out, "taken", &casefile->taken);
	calling_moment(out, "reaction", &casefile->reaction);
	calling_moment(out, "acknowledged", &casefile->acknowledged);
	calling_moment(out, "outcome", &casefile->outcome);
	calling_moment(out, "withdrawn", &casefile->withdrawn);
	if (casefile->has_class)
		request_json(out, casefile);
	due_json(out, casefile, names);
}

/* A list of cases being made. */
struct listing {
	struct calling *c;
	struct json *list;
	struct span peer, class, kind; /* empty: any */
	bool has_open, is_open;
	uint64_t n, limit;
	bool has_more;
};

static bool
is_wanted(const struct listing *l, const struct casefile *casefile)
{
	if (l->class.len > 0 &&
	    !(casefile->has_class &&
		span_is_text(l->class, case_class_name(casefile->class))))
		return false;
	if (l->kind.len > 0 &&
	    !span_is_text(l->kind, kind_row(casefile->kind)->name))
		return false;
	return !l->has_open || casefile_is_open(casefile) == l->is_open;
}

/* One too many ends the search, and is no error. */
static int
list_case(void *ctx, const struct case_view *view, struct error *err)
{
	struct listing *l = ctx;
	struct span names[2];
	struct json *one;
	unsigned ours;

	if (!is_wanted(l, &view->casefile))
		return 0;
	if (l->n == l->limit) {
		l->has_more = true;
		return -1;
	}
	if (calling_sides(l->c, view->peer, names, &ours, err) == -1)
		return -1;
	one = json_object_new();
	calling_case_json(one, view, names);
	json_add_json(l->list, one);
	l->n++;
	return 0;
}

static int
read_listing(struct listing *l, struct error *err)
{
	struct calling *c = l->c;

	l->has_open = json_has(&c->in, "open");
	if (json_get_text(&l->class, &c->in, "class", JSON_OPTIONAL, 64, err) ==
		-1 ||
	    json_get_text(&l->kind, &c->in, "kind", JSON_OPTIONAL, 64, err) ==
		-1 ||
	    json_get_flag(&l->is_open, &c->in, "open", JSON_OPTIONAL, err) ==
		-1 ||
	    calling_limit(c, &l->limit, err) == -1)
		return -1;
	return json_has(&c->in, "peer") ? calling_peer(c, &l->peer, err) : 0;
}

int
call_cases(struct calling *c, struct error *err)
{
	struct listing l = { .c = c };

	if (read_listing(&l, err) == -1)
		return -1;
	calling_settle(c);
	l.list = json_array_new();
	json_set_json(c->out, "cases", l.list);
	if (docket_cases(c->docket, l.peer, l.has_open && l.is_open, c->now,
		list_case, &l, err) == -1 &&
	    !l.has_more)
		return -1;
	json_set_flag(c->out, "more", l.has_more);
	return 0;
}

/* The record's documents, with what is held of each. */
static int
documents_json(struct calling *c, struct span peer, const struct record *record,
    struct json *out, struct error *err)
{
	struct json *list = json_array_new();

	json_set_json(out, "documents", list);
	for (unsigned i = 0; i < record->documents_n; i++) {
		const struct document *d = &record->documents[i];
		struct json *one = json_object_new();
		struct document_row *row;

		json_add_json(list, one);
		json_set_word(one, "role", word_name(d->role));
		json_set_hash(one, "sha256", &d->sha256);
		json_set_integer(one, "size", (int64_t)d->size);
		json_set_text(one, "type", d->type);
		json_set_flag(one, "first", d->is_first);
		if (store_document_find(c->store, peer, &d->sha256, &row,
			c->arena, err) == -1)
			return -1;
		json_set_flag(one, "held",
		    row != NULL && row->is_complete && !row->is_erased);
		if (row != NULL && row->is_erased)
			json_set_flag(one, "erased", true);
		if (row != NULL && row->is_ours)
			json_set_flag(one, "delivered", row->is_taken);
	}
	return 0;
}

/* The signed content, and what we know of it. */
static int
entry_json(struct calling *c, struct span peer, const struct case_entry *entry,
    struct json *list, struct error *err)
{
	const struct case_record *record = entry->record;
	struct json *one = NULL;

	if (json_read(&one, entry->entry->content, entry->entry->content.len,
		E_STORE_CORRUPT, err) == -1)
		return -1;
	json_add_json(list, one);
	json_set_hash(one, "leaf", &record->leaf);
	json_set_integer(one, "index", (int64_t)record->index);
	json_set_text(one, "author", entry->author);
	if (record->has_taken)
		json_set_instant(one, "taken", record->taken);
	if (record->has_shown)
		json_set_instant(one, "shown", record->shown);
	return documents_json(c, peer, record->record, one, err);
}

static void
allowed_json(struct json *out, const struct casefile *casefile,
    const struct span names[2], struct arena *arena)
{
	struct json *allowed = json_object_new();

	for (unsigned side = 0; side < 2; side++) {
		struct json *list = json_array_new();

		for (enum kind kind = 0; kind < KIND_COUNT; kind++)
			if (casefile_allows(casefile, side, kind))
				json_add_word(list, kind_row(kind)->name);
		json_set_json(allowed, arena_text(arena, names[side]), list);
	}
	json_set_json(out, "allowed", allowed);
}

/* A record outside cases is shown by itself. */
static int
show_alone(struct calling *c, const struct found *found, struct error *err)
{
	struct json *list = json_array_new();
	struct json *one = json_object_new();

	json_set_json(c->out, "entries", list);
	json_set_text(c->out, "peer", found->peer);
	if (found->entry->verdict == E_NONE) {
		json_free(one);
		if (json_read(&one, found->entry->content,
			found->entry->content.len, E_STORE_CORRUPT, err) == -1)
			return -1;
	}
	json_add_json(list, one);
	json_set_hash(one, "leaf", &found->leaf);
	json_set_text(one, "log", found->log->origin);
	json_set_integer(one, "index", (int64_t)found->entry->index);
	json_set_text(one, "author",
	    found->log->is_own ? docket_self(c->docket)->party : found->peer);
	json_set_word(one, "verdict", error_name(found->entry->verdict));
	return 0;
}

static int
find_shown(struct calling *c, struct found *found, struct error *err)
{
	struct span name = { NULL, 0 };
	bool is_record = json_has(&c->in, "record");

	if (json_get_text(&name, &c->in, is_record ? "record" : "case",
		JSON_REQUIRED, 2 * HASH_BYTES, err) == -1)
		return -1;
	return calling_find(c, name, !is_record, found, err);
}

int
call_show(struct calling *c, struct error *err)
{
	struct case_view view;
	struct span names[2];
	struct found found;
	struct json *list;
	unsigned ours;

	calling_settle(c);
	if (find_shown(c, &found, err) == -1)
		return -1;
	if (found.entry->verdict != E_NONE || !found.entry->has_case)
		return show_alone(c, &found, err);
	found.leaf = found.entry->case_hash;
	if (calling_case(c, &found, &view, err) == -1 ||
	    calling_sides(c, found.peer, names, &ours, err) == -1)
		return -1;
	calling_case_json(c->out, &view, names);
	json_set_text(c->out, "us", names[ours]);
	allowed_json(c->out, &view.casefile, names, c->arena);
	list = json_array_new();
	json_set_json(c->out, "entries", list);
	for (size_t i = 0; i < view.n; i++)
		if (entry_json(c, found.peer, &view.entries[i], list, err) ==
		    -1)
			return -1;
	return 0;
}

/* The record itself, in its case. */
static const struct case_record *
record_in(const struct case_view *view, const struct hash *leaf)
{
	for (size_t i = 0; i < view->n; i++)
		if (hash_is_equal(&view->entries[i].record->leaf, leaf))
			return view->entries[i].record;
	return NULL;
}

static void
wait_json(struct calling *c, struct span what, const struct case_view *view,
    const struct case_record *record)
{
	struct moment taken = { record->has_taken, record->taken };
	const struct moment *moment = span_is_text(what, "acknowledged") ?
	    &view->casefile.acknowledged :
	    &taken;

	json_set_flag(c->out, "done", moment->has);
	calling_moment(c->out, "at", moment);
	if (view->casefile.has_class)
		json_set_word(c->out, "class",
		    case_class_name(view->casefile.class));
}

int
call_wait(struct calling *c, struct error *err)
{
	const struct case_record *record;
	struct span name, what;
	struct case_view view;
	struct found found;
	struct hash leaf;

	calling_settle(c);
	if (json_get_text(&name, &c->in, "leaf", JSON_REQUIRED, 2 * HASH_BYTES,
		err) == -1 ||
	    json_get_text(&what, &c->in, "for", JSON_REQUIRED, 32, err) == -1 ||
	    calling_find(c, name, false, &found, err) == -1)
		return -1;
	if (!span_is_text(what, "taken") && !span_is_text(what, "acknowledged"))
		return error_set(err, E_USAGE, "for: taken or acknowledged");
	json_set_flag(c->out, "delivered",
	    found.log->mirrored > found.entry->index);
	json_set_flag(c->out, "done", found.log->mirrored > found.entry->index);
	if (found.entry->verdict != E_NONE || !found.entry->has_case)
		return 0;
	leaf = found.leaf;
	found.leaf = found.entry->case_hash;
	json_set_flag(c->out, "done", false);
	/* Not below the newest heads yet: not done. */
	if (found.log->is_own && found.log->head <= found.entry->index)
		return 0;
	if (calling_case(c, &found, &view, err) == -1)
		return -1;
	if ((record = record_in(&view, &leaf)) != NULL)
		wait_json(c, what, &view, record);
	return 0;
}
