#pragma once

/*
 * faultblobs: a struct blob_dir in memory that fails when told.
 *
 * What a call that returned 0 did is durable; what one that failed did may
 * be seen, and a power cut keeps or loses it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/blob.h"

struct faultblobs;

/* Owns: the caller, until faultblobs_free(); NULL is harmless there. */
struct faultblobs *faultblobs_new(uint64_t seed);
void faultblobs_free(struct faultblobs *blobs);

/* The operations on it; good as long as ${blobs}. */
struct blob_dir faultblobs_dir(struct faultblobs *blobs);

/* The machine loses power. */
void faultblobs_crash(struct faultblobs *blobs, uint64_t seed);

/*
 * Let the ${after}th following operation fail with ${code} (1 is the next),
 * and all later ones if ${is_for_ever}; 0 lets none fail.
 */
void faultblobs_fail(struct faultblobs *blobs, unsigned after,
    enum error_code code, bool is_for_ever);

/* Whole blobs and parts that are there. */
size_t faultblobs_count(const struct faultblobs *blobs);
