#pragma once

/*
 * position: a place in the chain of logs that a writer has in a docket, its
 * epochs one behind the other (docs/PROTOCOL.md, 3.1).
 *
 * An epoch and an index or size in it, as one number in the order of the
 * chain; in epoch 1 it is the index or size itself.  So what compares
 * indexes, as for keys and anchors, compares across epochs too.
 *
 * Units: entries, below 2^46 an epoch; epochs from 1 to POSITION_EPOCHS_MAX.
 */

#include <stdint.h>

#define POSITION_BITS 46
#define POSITION_EPOCHS_MAX 64

static inline uint64_t
position_of(unsigned epoch, uint64_t n)
{
	return ((uint64_t)(epoch - 1) << POSITION_BITS) | n;
}

static inline unsigned
position_epoch(uint64_t position)
{
	return (unsigned)(position >> POSITION_BITS) + 1;
}

static inline uint64_t
position_n(uint64_t position)
{
	return position & (((uint64_t)1 << POSITION_BITS) - 1);
}
