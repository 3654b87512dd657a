/*
 * Verify sealed records: the cost of one record of the peer, by itself.
 */
#include "base/arena.h"
#include "base/error.h"
#include "seal/certificate.h"
#include "seal/identity.h"
#include "seal/seal.h"
#include "tests/support/identities.h"
#include "tests/support/measure.h"

#define ROUNDS 20000

int
main(void)
{
	const struct identity *north = identity_of(IDENTITY_NORTH);
	const struct certificate *certificate =
	    seal_key_certificate(north->seal);
	struct arena *arena = arena_new();
	struct measure measure;
	static uint8_t content[900];
	struct error err;
	struct span der;

	measure_begin(&measure, "seal_sign");
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t begun = measure_now();

		arena_reset(arena);
		if (seal_sign(&der, span_of(content, sizeof(content)),
			north->seal, instant_of(IDENTITIES_NOW_S), arena,
			&err) == -1)
			return 1;
		measure_sample(&measure, begun);
	}
	measure_end(&measure);
	measure_begin(&measure, "seal_open");
	for (int i = 0; i < ROUNDS; i++) {
		struct arena *once = arena_new();
		uint64_t begun = measure_now();
		struct sealed sealed;

		if (seal_open(&sealed, der, certificate, once, &err) == -1)
			return 1;
		measure_sample(&measure, begun);
		arena_free(once);
	}
	measure_end(&measure);
	arena_free(arena);
	return 0;
}
