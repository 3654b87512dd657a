#pragma once

/*
 * fillhome: two homes that have exchanged many records, for benchmarks: real
 * keys, seals, heads and receipts, all in this process.  Failures end it.
 */

#include <stddef.h>
#include <stdint.h>

/*
 * Make DIR/north and DIR/south, cert.north.example and cert.south.example,
 * and ${records} entries in their docket: requests of the north, of which the
 * south acknowledges and answers all but each 64th.
 *
 * Blocks: some 400 microseconds of processor a record.
 */
void fill_homes(const char *dir, uint64_t records);

/* A home DIR/NAME of ${party} whose node listens at ${endpoint}. */
void fill_home(const char *dir, const char *name, const char *party,
    const char *endpoint);
