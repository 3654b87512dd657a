#pragma once

/*
 * tricks: SOUTH puts a wrong entry in its log between two good records; see
 * what becomes of all three.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "formats/record_json.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

/* Both nodes, a case of each, and what is being made up. */
struct scene {
	struct two two;
	struct two_node *north, *south;
	struct hash norths, souths; /* cases */
	uint64_t stale;             /* an anchor size of the past */
	struct hash stale_root;
};

static inline void
scene_open(struct scene *scene)
{
	two_open(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	two_talk(&scene->two);
	scene->stale = two_log(scene->south, scene->north, false)->mirrored;
	scene->stale_root = two_root(scene->south,
	    two_log(scene->south, scene->north, false), scene->stale);
	scene->norths =
	    two_lodge(scene->north, scene->south, KIND_REQUEST, NULL);
	two_talk(&scene->two);
	scene->souths =
	    two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	two_talk(&scene->two);
}

/* A record of SOUTH's that would be valid. */
static inline struct record
good(struct scene *scene, enum kind kind, const struct hash *about)
{
	struct record record = two_record(&scene->two, kind, about);

	(void)two_content(scene->south, scene->north, &record);
	return record;
}

static inline struct span
written(struct scene *scene, const struct record *record)
{
	return two_seal(scene->south, two_written(&scene->two, record));
}

/* The content of a good request with ${from} put in place of ${to}. */
static inline struct span
edited(struct scene *scene, const char *from, const char *to)
{
	struct record record = good(scene, KIND_REQUEST, NULL);
	char *text =
	    arena_text(scene->two.arena, two_written(&scene->two, &record));
	char *at = strstr(text, from);

	if (at == NULL)
		abort();
	return span_text(arena_printf(scene->two.arena, "%.*s%s%s",
	    (int)(at - text), text, to, at + strlen(from)));
}

static inline struct span
resealed(struct scene *scene, const char *from, const char *to)
{
	return two_seal(scene->south, edited(scene, from, to));
}

struct trick {
	const char *name;
	enum error_code want;
	struct span (*make)(struct scene *scene);
};

/* Refusals of ${leaf} in NORTH's log that give ${reason}; all of ${leaf}. */
static inline unsigned
refusals(struct scene *scene, const struct hash *leaf, const char *reason,
    unsigned *all)
{
	uint64_t size = two_log(scene->north, scene->south, true)->size;
	unsigned n = 0;

	*all = 0;
	for (uint64_t i = 0; i < size; i++) {
		struct entry_row *entry =
		    two_entry(scene->north, scene->south, true, i);
		struct record *record;
		struct error err;

		if (entry->kind != KIND_REFUSAL ||
		    record_read(&record, entry->content, scene->two.arena,
			&err) == -1 ||
		    !hash_is_equal(record_fact(record, MEMBER_REFUSAL_ENTRY)
				       ->hashes,
			leaf))
			continue;
		(*all)++;
		n += span_is_text(record_fact(record, MEMBER_REFUSAL_REASON)
				      ->text,
		    reason);
	}
	return n;
}

/* Lodge it between two good records; see what becomes of all three. */
static inline void
try_trick(struct scene *scene, const struct trick *trick)
{
	struct log_row *log;
	struct hash leaf;
	uint64_t at;
	unsigned all, found;

	two_later(&scene->two, 61);
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	leaf = two_put(scene->south, scene->north, trick->make(scene));
	at = two_log(scene->south, scene->north, true)->size - 1;
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	check(two_talk(&scene->two));

	log = two_log(scene->north, scene->south, false);
	require(log->size > at + 1 && log->mirrored == log->size);
	check_str(error_name(two_entry(scene->north, scene->south, false, at)
				 ->verdict),
	    error_name(trick->want));
	check_str(error_name(
		      two_entry(scene->south, scene->north, true, at)->verdict),
	    error_name(trick->want));
	check(
	    two_entry(scene->north, scene->south, false, at)->content.len == 0);
	check_int(two_entry(scene->north, scene->south, false, at - 1)->kind,
	    KIND_REQUEST);
	check_int(two_entry(scene->north, scene->south, false, at + 1)->kind,
	    KIND_REQUEST);
	check_int(error_fault(trick->want), FAULT_PEER);
	found = refusals(scene, &leaf, error_name(trick->want), &all);
	check_int(found, 1);
	check_int(all, 1);
}

/* ${norths}: requests that NORTH made in all. */
static inline void
try_all(const struct trick *tricks, size_t n, long long norths)
{
	struct statement figures;
	struct scene scene;

	scene_open(&scene);
	for (size_t i = 0; i < n; i++) {
		tap_note("%s", tricks[i].name);
		try_trick(&scene, &tricks[i]);
	}
	check(two_agree(&scene.two, scene.north, scene.south));
	check(two_statement(&scene.two, instant_of(TWO_BEGIN_S),
	    instant_add(scene.two.now, period_of(1)), scene.two.now, &figures));
	/* SOUTH is side 1: two good requests a trick and the first one. */
	check_int((long long)figures.directions[1].all.total,
	    1 + 2 * (long long)n);
	check_int((long long)figures.directions[0].all.total, norths);
	two_close(&scene.two);
}
