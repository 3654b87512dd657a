#pragma once

/*
 * home: the directory in which a node keeps everything.
 */

#include "base/attr.h"

struct arena;
struct error;

/* Bytes of the path and its NUL. */
#define HOME_PATH_MAX ((size_t)1024)

/*
 * Where it is: ${option} (--home) if not NULL, else $DEMARCHE_HOME, else
 * $XDG_DATA_HOME/demarche, else ~/.local/share/demarche (XDG Base Directory
 * Specification).  A relative path is made absolute.
 *
 * Owns: the text is in ${arena}.
 * Fails: E_USAGE.
 */
NODISCARD int home_path(const char **out, struct arena *arena,
    const char *option, struct error *err);

/*
 * Make the directory ${path} and those above it, private (0700); one that
 * exists is left as it is.
 *
 * Fails: E_IO.
 */
NODISCARD int home_make(const char *path, struct error *err);
