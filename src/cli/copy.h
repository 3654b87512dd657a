#pragma once

/*
 * copy: files and folders, for backups.
 */

#include "base/attr.h"

struct arena;
struct error;

/*
 * Copy the file ${from} to ${to}, which is new, mode 0600, durable.
 *
 * Fails: E_NOT_FOUND, E_DISK_FULL, E_IO.
 */
NODISCARD int copy_file(const char *from, const char *to, struct error *err);

/*
 * Copy a folder with all files and folders below it; what is neither is left
 * out, and so is a file that goes away meanwhile.
 *
 * Fails: as copy_file().
 */
NODISCARD int copy_tree(const char *from, const char *to, struct arena *arena,
    struct error *err);

/* Remove a folder and all below it, as far as that can be done. */
void copy_remove(const char *path);
