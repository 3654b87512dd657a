#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/random.h"
#include "seal/digest.h"
#include "seal/random.h"
#include "tests/tap.h"

static const char *
text_of(struct hash hash)
{
	static char text[HASH_TEXT_MAX];

	return hash_write(&hash, text);
}

/* FIPS 180-4's examples; the first is the root of an empty log. */
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MILLION \
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

TEST(the_known_digests_come_out)
{
	check_str(text_of(digest_of(span_of(NULL, 0))), EMPTY);
	check_str(text_of(digest_of(span_text("abc"))), ABC);
	check_str(text_of(digest_parts(NULL, 0)), EMPTY);
}

TEST(parts_are_one_behind_the_other)
{
	struct span parts[] = { span_text("a"), span_of(NULL, 0),
		span_text("bc") };

	check_str(text_of(digest_parts(parts, COUNT_OF(parts))), ABC);
}

TEST(a_digest_piece_by_piece_starts_anew_after_its_end)
{
	struct digest *digest = digest_new();
	struct hash hash;
	uint8_t piece[1000];

	memset(piece, 'a', sizeof(piece));
	for (int i = 0; i < 1000; i++)
		digest_add(digest, span_of(piece, sizeof(piece)));
	digest_end(digest, &hash);
	check_str(text_of(hash), MILLION);
	digest_add(digest, span_text("abc"));
	digest_end(digest, &hash);
	check_str(text_of(hash), ABC);
	digest_free(digest);
	digest_free(NULL);
}

TEST(a_copy_goes_its_own_way)
{
	struct digest *digest = digest_new(), *copy;
	struct hash hash;

	digest_add(digest, span_text("ab"));
	copy = digest_copy(digest);
	digest_add(digest, span_text("x"));
	digest_add(copy, span_text("c"));
	digest_end(copy, &hash);
	check_str(text_of(hash), ABC);
	digest_free(digest);
	digest_free(copy);
}

TEST(random_bytes_fill_all_and_differ)
{
	uint8_t a[64] = { 0 }, b[64] = { 0 };
	struct random random;

	random_system(&random);
	random.fill(random.ctx, a, sizeof(a));
	random.fill(random.ctx, b, sizeof(b));
	check(memcmp(a, b, sizeof(a)) != 0);
	check(memcmp(a + 32, b + 32, 32) != 0);
}

TEST(a_wiped_secret_is_zeros)
{
	uint8_t secret[] = "very secret";
	struct buf buf;

	secret_wipe(secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++)
		check_int(secret[i], 0);
	buf_init(&buf, 100);
	secret_clear(&buf);
	buf_text(&buf, "secret");
	secret_clear(&buf);
	check_int((long long)buf.len, 0);
}
