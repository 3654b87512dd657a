#pragma once

/*
 * fuzz: what every fuzzer has, and what all of them share.
 *
 * A target is one file, tests/fuzz/fuzz_NAME.c, with the functions below.
 * Built with clang it is a libFuzzer program (make fuzz); otherwise replay.c
 * is its main() and it is a test.
 *
 * Nothing is random: fuzz_begin() puts a generator of fixed numbers under
 * libcrypto, so keys, certificates and signatures are the same in every run
 * and a file that crashes a target does so again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"

struct arena;
struct buf;
struct error;

/* Bytes of an input made here. */
#define FUZZ_SEED_MAX ((size_t)1 << 20)

/* The target: judge the input, and die if what must hold does not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Put seed ${n}, from 0, in ${out}; false if there are no more. */
bool fuzz_seed(unsigned n, struct buf *out);

/* True if the last input went all the way through. */
bool fuzz_reached(void);

/* Before anything else; again is harmless. */
void fuzz_begin(void);

/* Set the generator back, so that an input does not depend on the last. */
void fuzz_rewind(void);

/* The time at which all is judged; the keys of identities.h are good then. */
struct instant fuzz_now(void);

/* What must hold. */
#define fuzz_must(e) ((e) ? (void)0 : fuzz_die(__FILE__, __LINE__, #e))
NORETURN void fuzz_die(const char *file, int line, const char *what);

/* For what cannot fail: 0, or die with ${err}. */
void fuzz_done(int rc, const struct error *err);

/* Cut the first line off ${rest}, without its LF. */
struct span fuzz_line(struct span *rest);

/* The part before the first NUL, which is cut off too; all if there is none. */
struct span fuzz_part(struct span *rest);
