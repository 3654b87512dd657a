#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "node/home.h"
#include "proc/home.h"

static const char *
below(struct arena *arena, const char *path, const char *name)
{
	return arena_printf(arena, "%s/%s", path, name);
}

void
node_home_of(struct node_home *out, const char *path, struct arena *arena)
{
	*out = (struct node_home){
		.path = path,
		.data = below(arena, path, "data"),
		.database = below(arena, path, "data/demarche.db"),
		.backup = below(arena, path, "data/backup.db"),
		.documents = below(arena, path, "documents"),
		.keys = below(arena, path, "keys"),
		.journals = below(arena, path, "keeper"),
		.journal = below(arena, path, "keeper/journal"),
		.tls = below(arena, path, "tls"),
		.tls_key = below(arena, path, "tls/key.pem"),
		.tls_certificate = below(arena, path, "tls/certificate.pem"),
		.card = below(arena, path, "card.pem"),
		.socket = below(arena, path, "node.socket"),
		.exercise = below(arena, path, "exercise"),
		.restored = below(arena, path, "data/restored"),
	};
}

static bool
is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* "tls/key.pem", "tls/key-2.pem" */
static const char *
tls_file(const struct node_home *home, const char *first, const char *name,
    unsigned number, struct arena *arena)
{
	if (number == 1)
		return first;
	return arena_printf(arena, "%s/%s-%u.pem", home->tls, name, number);
}

const char *
node_home_tls_key(const struct node_home *home, unsigned number,
    struct arena *arena)
{
	return tls_file(home, home->tls_key, "key", number, arena);
}

const char *
node_home_tls_certificate(const struct node_home *home, unsigned number,
    struct arena *arena)
{
	return tls_file(home, home->tls_certificate, "certificate", number,
	    arena);
}

bool
node_home_has_tls(const struct node_home *home, unsigned number,
    struct arena *arena)
{
	return is_there(node_home_tls_certificate(home, number, arena));
}

int
node_home_check(const struct node_home *home, struct error *err)
{
	if (strlen(home->path) >= HOME_PATH_MAX - 64)
		return error_set(err, E_USAGE, "the path of the home is long");
	if (!is_there(home->card) || !is_there(home->database))
		return error_set(err, E_USAGE,
		    "%s is not a node's home; make one with \"demarche init\"",
		    home->path);
	return 0;
}

bool
node_home_is_exercise(const struct node_home *home)
{
	return is_there(home->exercise);
}

bool
node_home_is_restored(const struct node_home *home)
{
	return is_there(home->restored);
}
