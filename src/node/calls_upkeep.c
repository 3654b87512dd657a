#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "docket/docket.h"
#include "node/calls.h"
#include "node/home.h"
#include "node/registrar_parts.h"
#include "store/store.h"

/* What a copy of this home is made of; the operator's command copies it. */
static void
add_file(struct json *list, const char *name, const char *path)
{
	struct json *one = json_object_new();

	json_set_word(one, "name", name);
	json_set_word(one, "path", path);
	json_add_json(list, one);
}

/*
 * A consistent copy of the database in the home; this process can write
 * nowhere else.  Documents never change, so they can be copied afterwards.
 */
int
call_backup(struct calling *c, struct error *err)
{
	const struct node_home *home = c->r->parts.home;
	struct json *list = json_array_new();

	json_set_json(c->out, "files", list);
	if (unlink(home->backup) == -1 && errno != ENOENT)
		return error_set(err, E_IO, "%s: %s", home->backup,
		    strerror(errno));
	if (store_backup(c->store, home->backup, err) == -1)
		return -1;
	add_file(list, "data/demarche.db", home->backup);
	add_file(list, "card.pem", home->card);
	add_file(list, "documents", home->documents);
	json_set_word(c->out, "home", home->path);
	json_set_instant(c->out, "at", c->now);
	return 0;
}

static int
rebuild(struct calling *c, char after[65], struct error *err)
{
	if (store_clear_projections(c->store, err) == -1 ||
	    docket_rebuild(c->docket, err) == -1)
		return -1;
	return store_projection_digest(c->store, after, err);
}

/*
 * Kept only if nothing is different: a difference is a bug, and what there is
 * stays as it is to be looked at.
 */
int
call_rebuild(struct calling *c, struct error *err)
{
	struct json *list = json_array_new();
	char before[65] = "", after[65] = "";
	bool is_same;

	json_set_json(c->out, "differences", list);
	calling_settle(c);
	if (store_projection_digest(c->store, before, err) == -1 ||
	    store_begin(c->store, err) == -1)
		return -1;
	if (rebuild(c, after, err) == -1) {
		store_rollback(c->store);
		docket_rolled_back(c->docket);
		return -1;
	}
	is_same = strcmp(before, after) == 0;
	json_set_flag(c->out, "same", is_same);
	json_set_word(c->out, "digest", before);
	if (is_same)
		return store_commit(c->store, err);
	json_add_word(list, after);
	store_rollback(c->store);
	docket_rolled_back(c->docket);
	return 0;
}
