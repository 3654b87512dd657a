#pragma once

/*
 * faultvfs_file: the files of faultvfs, without SQLite.  Private to faultvfs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A write or, with no bytes, a truncation; not durable yet. */
struct fault_change {
	struct fault_change *next;
	bool is_truncation;
	uint64_t offset; /* or the new size */
	size_t len;
	uint8_t bytes[];
};

struct fault_file {
	struct fault_file *next;
	char *name;
	bool is_there;    /* as the process sees it */
	bool was_there;   /* durably */
	bool is_dead;     /* since a crash; until it is opened as a database */
	unsigned life;    /* handles of an earlier life are dead */
	struct buf now;   /* as the process reads it */
	struct buf saved; /* durable */
	struct fault_change *changes, **last;

	/* locks: SQLite's levels */
	int shared;         /* how many hold at least SHARED */
	const void *writer; /* who holds RESERVED or more */
	int level;          /* of the writer */
};

/* Uniform in [0, n). */
uint64_t fault_random(uint64_t *state, uint64_t n);

/* The file of that name, made without content if ${make}; or NULL. */
struct fault_file *fault_file_find(const char *name, bool make);
struct fault_file *fault_file_first(void);
void fault_file_reset(void);

/* Change what is read, and remember it as not durable. */
void fault_file_write(struct fault_file *file, uint64_t offset,
    const void *bytes, size_t len);
void fault_file_truncate(struct fault_file *file, uint64_t size);

/* All that was written is durable. */
void fault_file_sync(struct fault_file *file);

/* Each sector written becomes durable or not; what is read stays. */
void fault_file_sync_some(struct fault_file *file, uint64_t *state);

/* The same, and what is not durable is gone from sight. */
void fault_file_crash(struct fault_file *file, uint64_t *state);
