#pragma once

/*
 * file: whole files, read and written.
 */

#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/span.h"

struct arena;
struct error;

/*
 * Read ${path}, of at most ${max} bytes.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_NOT_FOUND, E_TOO_LARGE, E_IO (also for what is not a file).
 */
NODISCARD int file_read(const char *path, size_t max, struct arena *arena,
    struct span *out, struct error *err);

/*
 * Write ${bytes} to ${path} so that after a crash at any time it has either
 * the old content or the new: a new file beside it, synced, renamed, the
 * directory synced.
 *
 * Fails: E_DISK_FULL, E_IO, E_NOT_FOUND (no such directory); then ${path} is
 * as it was, or only the directory was not synced.
 */
NODISCARD int file_write_durable(const char *path, struct span bytes,
    mode_t mode, struct error *err);

/*
 * Sync the directory that ${path} stands in: what was renamed there stays.
 *
 * Fails: E_IO, E_NOT_FOUND.
 */
NODISCARD int file_sync_above(const char *path, struct error *err);
