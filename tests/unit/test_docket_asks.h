#pragma once

/*
 * asks: SOUTH calls add-checkpoint of NORTH; for the tests of that call.
 */

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "formats/problem.h"
#include "tests/support/twonodes.h"
#include "tests/tap.h"

/* NORTH is asked; SOUTH asks; some of its log is mirrored, some is not. */
struct scene {
	struct two two;
	struct two_node *north, *south;
	struct log_row *log; /* SOUTH's, at SOUTH */
	uint64_t old, size;  /* known to NORTH, and SOUTH's newest */
	struct span note;    /* the newest head */
};

static inline struct span
newest_head(struct scene *scene)
{
	struct head_row *head;
	struct error err;

	two_must(store_head_get(scene->south->store, scene->log->id,
		     scene->log->head, &head, scene->two.arena, &err),
	    &err, "head");
	return head->note;
}

static inline void
scene_open(struct scene *scene)
{
	two_open(&scene->two, 2);
	scene->north = &scene->two.nodes[TWO_NORTH];
	scene->south = &scene->two.nodes[TWO_SOUTH];
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	two_lodge(scene->south, scene->north, KIND_REPORT, NULL);
	two_talk(&scene->two);
	scene->old = two_log(scene->north, scene->south, false)->head;
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	two_lodge(scene->south, scene->north, KIND_REQUEST, NULL);
	scene->log = two_log(scene->south, scene->north, true);
	scene->size = scene->log->head;
	scene->note = newest_head(scene);
}

static inline struct serve_reply
ask(struct scene *scene, struct span body)
{
	return two_post(scene->north, scene->south, "/add-checkpoint", body);
}

/* The whole of an answer that refuses. */
static inline void
check_refused(const struct serve_reply *reply, int status, enum error_code code)
{
	enum error_code said;
	struct error err;

	check_int(reply->status, status);
	check_str(error_name(reply->code), error_name(code));
	check_int(error_http(code), status);
	check_int(error_fault(code), FAULT_PEER);
	check(!reply->wants_line);
	if (code == E_CHECKPOINT_OLD)
		return;
	check(reply->type != NULL &&
	    strcmp(reply->type, PROBLEM_MEDIA_TYPE) == 0);
	check(problem_read(&said, reply->body, &err) == 0 && said == code);
}

/* ${body} with the first ${from} made ${to}. */
static inline struct span
edit(struct scene *scene, struct span body, const char *from, const char *to)
{
	char *text = arena_text(scene->two.arena, body);
	char *at = strstr(text, from);

	if (at == NULL)
		abort();
	return span_text(arena_printf(scene->two.arena, "%.*s%s%s",
	    (int)(at - text), text, to, at + strlen(from)));
}

static inline struct span
good(struct scene *scene)
{
	return two_checkpoint(scene->south, scene->log, scene->old, scene->size,
	    scene->note);
}

/* With no proof at all. */
static inline struct span
bare(struct scene *scene, uint64_t old, struct span note)
{
	return two_checkpoint(scene->south, scene->log, old, old, note);
}

static inline struct span
signed_head(struct scene *scene, uint64_t size, const struct hash *root)
{
	return two_head(scene->south, scene->log->origin, size, root);
}

static inline struct span
true_head(struct scene *scene, uint64_t size)
{
	struct hash root = two_root(scene->south, scene->log, size);

	return signed_head(scene, size, &root);
}
