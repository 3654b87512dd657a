#pragma once

/*
 * bundle_file: bundles (proof/bundle.h) as directories and tar files.
 *
 * What is read is hostile: regular files only, every limit of bundle.h before
 * room is made, nothing is ever unpacked to disk.
 */

#include "base/attr.h"

struct arena;
struct bundle;
struct error;

/*
 * Read the directory or uncompressed tar file ${path}.  Entries for
 * directories, and a leading "./", are let pass; links, sparse files, devices,
 * absolute names, names twice and a file cut off are not.
 *
 * Owns: ${out} is initialised here and lives in ${arena}.
 * Fails: E_BUNDLE, E_NOT_FOUND, E_IO.
 */
NODISCARD int bundle_read(struct bundle *out, const char *path,
    struct arena *arena, struct error *err);

/*
 * Write the files into ${path}, a directory that is made here.
 *
 * Fails: E_USAGE if it is there already, E_DISK_FULL, E_IO, E_NOT_FOUND.
 */
NODISCARD int bundle_write_directory(const struct bundle *bundle,
    const char *path, struct error *err);

/*
 * Write a ustar file (POSIX.1-1988) to ${path}; the same bundle gives the same
 * bytes.
 *
 * Fails: as file_write_durable().
 */
NODISCARD int bundle_write_tar(const struct bundle *bundle, const char *path,
    struct error *err);
