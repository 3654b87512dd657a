#pragma once

/*
 * home_request: a seal key that waits for the certificate of an authority.
 *
 * The key is made here and stays here: in "<home>.request/", beside the home
 * that is not there yet, until node_init() takes it with the certificate.
 */

#include "base/attr.h"
#include "base/span.h"

struct arena;
struct buf;
struct error;
struct node_init;

/*
 * Make the key of the party of ${init}, unless it was made before, and append
 * its certificate request (PKCS#10) in PEM.
 *
 * Fails: E_CARD for a name that cannot be; E_USAGE, E_KEY, E_IO.
 */
NODISCARD int node_request(const struct node_init *init, struct buf *out,
    struct error *err);

/*
 * The key that waits beside ${home}, as PEM.  The caller wipes it.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_USAGE if there is none; E_IO.
 */
NODISCARD int node_request_key(const char *home, struct span *out,
    struct arena *arena, struct error *err);

/* The home has it, durably: nothing waits any more.  Fails: E_IO. */
NODISCARD int node_request_end(const char *home, struct error *err);
