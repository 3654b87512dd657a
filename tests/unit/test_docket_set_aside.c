/*
 * Entries that cannot be opened or read: mirrored, set aside alike on both
 * nodes, answered by one refusal, and no burden to those behind them.
 */

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "seal/certificate.h"
#include "seal/random.h"
#include "seal/seal.h"
#include "tests/support/identities.h"
#include "tests/unit/test_docket_tricks.h"

#define FLAGS \
	(CMS_BINARY | CMS_NOSMIMECAP | CMS_NOCERTS | CMS_CADES | CMS_PARTIAL)

/* Seals that libcrypto makes by its own API. */
struct forgery {
	bool has_second, has_attribute, has_unsigned;
	struct instant at;
	struct span content;
};

static void
must(bool it_went_well)
{
	if (!it_went_well)
		abort();
}

static void
add_signer(CMS_ContentInfo *cms, const struct seal_key *key, struct instant at,
    CMS_SignerInfo **out)
{
	struct span der = certificate_der(seal_key_certificate(key));
	const unsigned char *p = der.ptr;
	X509 *x509 = d2i_X509(NULL, &p, (long)der.len);
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)at.s);
	struct error err;
	EVP_PKEY *pkey;
	struct buf buf;
	BIO *bio;

	buf_init(&buf, IDENTITY_KEY_MAX);
	must(seal_key_write(&buf, key, &err) == 0);
	bio = BIO_new_mem_buf(buf.ptr, (int)buf.len);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	*out = CMS_add1_signer(cms, x509, pkey, EVP_sha256(), FLAGS);
	must(*out != NULL);
	must(CMS_signed_add1_attr_by_NID(*out, NID_pkcs9_signingTime,
		 time->type, time, -1) == 1);
	ASN1_TIME_free(time);
	BIO_free(bio);
	secret_clear(&buf);
	EVP_PKEY_free(pkey);
	X509_free(x509);
}

static struct span
forge(struct scene *scene, const struct forgery *f)
{
	BIO *content = BIO_new_mem_buf(f->content.ptr, (int)f->content.len);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, content, FLAGS);
	unsigned char *der = NULL;
	CMS_SignerInfo *signer, *second;
	struct span out;
	int len;

	must(cms != NULL);
	add_signer(cms, two_seal_key(scene->south), f->at, &signer);
	if (f->has_second)
		add_signer(cms, two_seal_key(scene->north), f->at, &second);
	if (f->has_attribute)
		must(CMS_signed_add1_attr_by_NID(signer,
			 NID_pkcs9_unstructuredName, V_ASN1_UTF8STRING, "x",
			 1) == 1);
	must(CMS_final(cms, content, NULL, FLAGS));
	if (f->has_unsigned)
		must(CMS_unsigned_add1_attr_by_NID(signer,
			 NID_pkcs9_unstructuredName, V_ASN1_UTF8STRING, "x",
			 1) == 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	must(len > 0);
	out = arena_copy(scene->two.arena, span_of(der, (size_t)len));
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	return out;
}

static struct forgery
forgery_of(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	return (struct forgery){ .at = scene->two.now,
		.content = two_written(&scene->two, &record) };
}

static struct span
by_the_other_party(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);

	return two_seal(scene->north, two_written(&scene->two, &record));
}

static struct span
by_a_stranger(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);
	struct error err;
	struct span der;

	must(seal_sign(&der, two_written(&scene->two, &record),
		 identity_of(IDENTITY_EAST)->seal, scene->two.now,
		 scene->two.arena, &err) == 0);
	return der;
}

static struct span
before_the_certificate(struct scene *scene)
{
	struct forgery f = { .at = instant_of(TWO_BEGIN_S - 2 * 86400) };
	struct record record = good(scene, KIND_REQUEST, NULL);

	record.at = f.at;
	f.content = two_written(&scene->two, &record);
	return forge(scene, &f);
}

static struct span
by_two(struct scene *scene)
{
	struct forgery f = forgery_of(scene);

	f.has_second = true;
	return forge(scene, &f);
}

static struct span
with_an_attribute(struct scene *scene)
{
	struct forgery f = forgery_of(scene);

	f.has_attribute = true;
	return forge(scene, &f);
}

static struct span
with_an_unsigned_attribute(struct scene *scene)
{
	struct forgery f = forgery_of(scene);

	f.has_unsigned = true;
	return forge(scene, &f);
}

static struct span
with_a_tail(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);
	struct span der = written(scene, &record);
	uint8_t *longer = arena_alloc(scene->two.arena, der.len + 1);

	memcpy(longer, der.ptr, der.len);
	return span_of(longer, der.len + 1);
}

static struct span
with_a_flipped_bit(struct scene *scene)
{
	struct record record = good(scene, KIND_REQUEST, NULL);
	struct span der = written(scene, &record);
	uint8_t *other = arena_alloc(scene->two.arena, der.len);
	size_t at = 0;

	memcpy(other, der.ptr, der.len);
	while (memcmp(other + at, "\"purpose\"", 9) != 0)
		at++;
	other[at + 1] ^= 1;
	return span_of(other, der.len);
}

static struct span
bytes(struct scene *scene, size_t len)
{
	uint8_t *out = arena_alloc(scene->two.arena, len);

	memset(out, 0x04, len);
	return span_of(out, len);
}

static struct span
garbage(struct scene *scene)
{
	return bytes(scene, 300);
}

static struct span
one_byte(struct scene *scene)
{
	return bytes(scene, 1);
}

static struct span
nothing(struct scene *scene)
{
	return bytes(scene, 0);
}

static struct span
a_little_too_large(struct scene *scene)
{
	return bytes(scene, SEAL_SIZE_MAX + 1);
}

static struct span
as_large_as_can_be(struct scene *scene)
{
	return bytes(scene, 65535);
}

static struct span
a_sealed_record_too_large(struct scene *scene)
{
	struct forgery f = forgery_of(scene);

	f.content = edited(scene, "{\"anchor\"",
	    arena_printf(scene->two.arena, "{\"x\":\"%0*d\",\"anchor\"", 33000,
		1));
	return forge(scene, &f);
}

static struct span
with_a_member_twice(struct scene *scene)
{
	return resealed(scene, "\"exercise\":true",
	    "\"exercise\":true,\"exercise\":true");
}

/* "x" is the first level inside the record's own object. */
static struct span
nested(struct scene *scene, unsigned depth)
{
	char open[64], close[64];

	memset(open, '[', sizeof(open));
	memset(close, ']', sizeof(close));
	return resealed(scene, "{\"anchor\"",
	    arena_printf(scene->two.arena, "{\"a\":%.*s%.*s,\"anchor\"",
		(int)depth - 1, open, (int)depth - 1, close));
}

static struct span
nested_17_deep(struct scene *scene)
{
	return nested(scene, 17);
}

static struct span
not_json(struct scene *scene)
{
	return two_seal(scene->south, span_text("a request"));
}

static struct span
with_u0000(struct scene *scene)
{
	return resealed(scene, "{\"anchor\"", "{\"a\":\"\\u0000\",\"anchor\"");
}

static struct span
of_unknown_kind(struct scene *scene)
{
	return resealed(scene, "\"kind\":\"request\"", "\"kind\":\"demand\"");
}

static struct span
of_version_2(struct scene *scene)
{
	return resealed(scene, "\"v\":1", "\"v\":2");
}

static struct span
without_a_member(struct scene *scene)
{
	return resealed(scene, "\"urgency\":\"emergency\"", "\"u\":1");
}

static struct span
with_an_unknown_word(struct scene *scene)
{
	return resealed(scene, "\"urgency\":\"emergency\"",
	    "\"urgency\":\"now\"");
}

static struct span
with_two_bodies(struct scene *scene)
{
	static const char body[] =
	    "{\"role\":\"body\",\"sha256\":\"%064d\",\"size\":20,"
	    "\"type\":\"a/b\",\"first\":true}";
	const char *one = arena_printf(scene->two.arena, body, 1);
	const char *two = arena_printf(scene->two.arena, body, 2);

	return resealed(scene, "\"exercise\":true",
	    arena_printf(scene->two.arena,
		"\"documents\":[%s,%s],\"exercise\":true", one, two));
}

static const struct trick tricks[] = {
	/* clang-format off */
	{ "wrong signer", E_SEAL_SIGNER, by_the_other_party },
	{ "unknown signer", E_SEAL_SIGNER, by_a_stranger },
	{ "expired signer", E_SEAL_EXPIRED, before_the_certificate },
	{ "two signers", E_SEAL_SIGNERS, by_two },
	{ "extra attribute", E_SEAL_ATTRIBUTES, with_an_attribute },
	{ "unsigned", E_SEAL_ATTRIBUTE_UNSIGNED, with_an_unsigned_attribute },
	{ "trailing byte", E_SEAL_TRAILING, with_a_tail },
	{ "flipped bit", E_SEAL_CONTENT, with_a_flipped_bit },
	{ "garbage", E_SEAL_SYNTAX, garbage },
	{ "one byte", E_SEAL_SYNTAX, one_byte },
	{ "no byte", E_SEAL_SYNTAX, nothing },
	{ "over 32 KiB", E_SEAL_TOO_LARGE, a_little_too_large },
	{ "65,535 bytes", E_SEAL_TOO_LARGE, as_large_as_can_be },
	{ "large record", E_SEAL_TOO_LARGE, a_sealed_record_too_large },
	{ "duplicate members", E_RECORD_SYNTAX, with_a_member_twice },
	{ "deep nesting", E_RECORD_SYNTAX, nested_17_deep },
	{ "not JSON", E_RECORD_SYNTAX, not_json },
	{ "U+0000", E_RECORD_SYNTAX, with_u0000 },
	{ "unknown kind", E_RECORD_KIND, of_unknown_kind },
	{ "version 2", E_RECORD_MEMBER, of_version_2 },
	{ "member missing", E_RECORD_MEMBER, without_a_member },
	{ "unknown word", E_RECORD_MEMBER, with_an_unknown_word },
	{ "two bodies", E_RECORD_DOCUMENTS, with_two_bodies },
	/* clang-format on */
};

TEST(an_unreadable_entry_is_mirrored_set_aside_and_refused_once)
{
	try_all(tricks, COUNT_OF(tricks), 1);
}

TEST(sixteen_levels_and_members_nobody_knows_are_no_fault)
{
	struct scene scene;
	uint64_t at;

	scene_open(&scene);
	two_put(scene.south, scene.north, nested(&scene, 16));
	at = two_log(scene.south, scene.north, true)->size - 1;
	check(two_talk(&scene.two));
	check_int(two_entry(scene.north, scene.south, false, at)->kind,
	    KIND_REQUEST);
	check_int((int)two_count(scene.north, scene.south, true, KIND_REFUSAL),
	    0);
	two_close(&scene.two);
}

TEST(a_batch_of_nothing_but_faults_is_answered_one_by_one)
{
	struct scene scene;

	scene_open(&scene);
	for (unsigned i = 0; i < 20; i++)
		two_put(scene.south, scene.north, bytes(&scene, 10 + i));
	check(two_talk(&scene.two));
	check_int((int)two_count(scene.south, scene.north, true, KIND_COUNT),
	    20);
	check_int((int)two_count(scene.north, scene.south, true, KIND_REFUSAL),
	    20);
	check(two_agree(&scene.two, scene.north, scene.south));
	two_close(&scene.two);
}
