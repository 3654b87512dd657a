#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "proc/home.h"

/* A variable's value; NULL if it is not set or empty. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

static int
make_absolute(const char **out, struct arena *arena, const char *path,
    struct error *err)
{
	char here[HOME_PATH_MAX];

	if (path[0] != '/') {
		if (getcwd(here, sizeof(here)) == NULL)
			return error_set(err, E_USAGE,
			    "the current directory: %s", strerror(errno));
		path = arena_printf(arena, "%s/%s", here, path);
	}
	if (strlen(path) >= HOME_PATH_MAX)
		return error_set(err, E_USAGE, "the path of the home is long");
	*out = path;
	return 0;
}

int
home_path(const char **out, struct arena *arena, const char *option,
    struct error *err)
{
	const char *value;

	if (option != NULL && option[0] == '\0')
		return error_set(err, E_USAGE, "--home without a directory");
	if (option != NULL || (option = variable("DEMARCHE_HOME")) != NULL)
		return make_absolute(out, arena, option, err);
	/* A relative $XDG_DATA_HOME is to be ignored, says the standard. */
	value = variable("XDG_DATA_HOME");
	if (value != NULL && value[0] == '/')
		return make_absolute(out, arena,
		    arena_printf(arena, "%s/demarche", value), err);
	if ((value = variable("HOME")) == NULL)
		return error_set(err, E_USAGE,
		    "no --home, and $HOME is not set");
	return make_absolute(out, arena,
	    arena_printf(arena, "%s/.local/share/demarche", value), err);
}

/* One directory; that it is there already is well. */
static int
make_one(const char *path, struct error *err)
{
	struct stat st;
	int why;

	if (mkdir(path, 0700) == 0)
		return 0;
	why = errno;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return error_set(err, E_IO, "%s: %s", path, strerror(why));
}

int
home_make(const char *path, struct error *err)
{
	char above[HOME_PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(above))
		return error_set(err, E_IO, "the path of the home is long");
	memcpy(above, path, len + 1);
	for (size_t i = 1; i < len; i++) {
		if (above[i] != '/')
			continue;
		above[i] = '\0';
		if (make_one(above, err) == -1)
			return -1;
		above[i] = '/';
	}
	return make_one(path, err);
}
