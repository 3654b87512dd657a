#include <string.h>

#include <sodium.h>

#include "base/error.h"
#include "base/hash.h"

bool
hash_is_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->bytes, b->bytes, HASH_BYTES) == 0;
}

struct span
hash_span(const struct hash *hash)
{
	return span_of(hash->bytes, HASH_BYTES);
}

int
hash_of(struct hash *out, struct span bytes, struct error *err)
{
	if (bytes.len != HASH_BYTES)
		return error_set(err, E_SYNTAX, "a hash of %zu bytes",
		    bytes.len);
	memcpy(out->bytes, bytes.ptr, HASH_BYTES);
	return 0;
}

const char *
hash_write(const struct hash *hash, char out[HASH_TEXT_MAX])
{
	return sodium_bin2hex(out, HASH_TEXT_MAX, hash->bytes, HASH_BYTES);
}

int
hash_parse(struct hash *out, struct span hex, struct error *err)
{
	char again[HASH_TEXT_MAX];
	struct hash got;
	size_t len;

	if (hex.len != HASH_TEXT_MAX - 1 ||
	    sodium_hex2bin(got.bytes, HASH_BYTES, (const char *)hex.ptr,
		hex.len, NULL, &len, NULL) != 0 ||
	    !span_is_text(hex, hash_write(&got, again)))
		return error_set(err, E_SYNTAX, "not 64 lower-case hex digits");
	*out = got;
	return 0;
}
