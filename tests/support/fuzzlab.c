/* Its replacement in OpenSSL 3 is a whole provider. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/identities.h"

#define START 0x9e3779b97f4a7c15u

static uint64_t state = START;

/* splitmix64 */
static int
random_bytes(unsigned char *out, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t z = state += START;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		z = (z ^ z >> 27) * 0x94d049bb133111ebu;
		out[i] = (unsigned char)(z ^ z >> 31);
	}
	return 1;
}

static int
random_is_seeded(void)
{
	return 1;
}

void
fuzz_begin(void)
{
	static const RAND_METHOD method = {
		.bytes = random_bytes,
		.pseudorand = random_bytes,
		.status = random_is_seeded,
	};
	static bool has_begun;

	if (has_begun)
		return;
	has_begun = true;
	if (RAND_set_rand_method(&method) != 1)
		fuzz_die(__FILE__, __LINE__, "RAND_set_rand_method");
	(void)identity_of(IDENTITY_NORTH);
	fuzz_rewind();
}

void
fuzz_rewind(void)
{
	state = START;
}

struct instant
fuzz_now(void)
{
	return instant_of(IDENTITIES_NOW_S);
}

void
fuzz_die(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

void
fuzz_done(int rc, const struct error *err)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s (%s)\n", error_text(err->code), err->detail);
	fuzz_die(__FILE__, __LINE__, "it cannot fail");
}

static struct span
cut(struct span *rest, uint8_t byte)
{
	size_t len = span_find(*rest, byte);
	struct span part = span_of(rest->ptr, len);

	*rest = span_skip(*rest, len + 1);
	return part;
}

struct span
fuzz_line(struct span *rest)
{
	return cut(rest, '\n');
}

struct span
fuzz_part(struct span *rest)
{
	return cut(rest, '\0');
}
