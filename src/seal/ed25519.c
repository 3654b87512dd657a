#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "seal/crypto.h"
#include "seal/ed25519.h"

struct ed25519_key {
	EVP_PKEY *key;
	uint8_t public[ED25519_PUBLIC_BYTES];
};

int
ed25519_key_new(struct ed25519_key **out, struct span seed, struct error *err)
{
	struct ed25519_key *key = NULL;
	size_t len = ED25519_PUBLIC_BYTES;
	int rc = -1;

	if (seed.len != ED25519_SEED_BYTES)
		return error_set(err, E_KEY, "Ed25519 seed of %zu bytes",
		    seed.len);

	key = mem_new(sizeof(*key));
	key->key = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL,
	    seed.ptr, seed.len);
	if (key->key == NULL ||
	    !EVP_PKEY_get_raw_public_key(key->key, key->public, &len)) {
		crypto_error(err, E_SEAL_CRYPTO, "Ed25519 key");
		goto out;
	}
	*out = key;
	key = NULL;
	rc = 0;
out:
	ed25519_key_free(key);
	return rc;
}

void
ed25519_key_free(struct ed25519_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->key);
	free(key);
}

void
ed25519_public(const struct ed25519_key *key, uint8_t out[ED25519_PUBLIC_BYTES])
{
	memcpy(out, key->public, ED25519_PUBLIC_BYTES);
}

int
ed25519_sign(uint8_t out[ED25519_SIGNATURE_BYTES],
    const struct ed25519_key *key, struct span message, struct error *err)
{
	EVP_MD_CTX *state = NULL;
	size_t len = ED25519_SIGNATURE_BYTES;
	int rc = -1;

	if ((state = EVP_MD_CTX_new()) == NULL ||
	    !EVP_DigestSignInit_ex(state, NULL, NULL, NULL, NULL, key->key,
		NULL) ||
	    !EVP_DigestSign(state, out, &len, message.ptr, message.len) ||
	    len != ED25519_SIGNATURE_BYTES) {
		crypto_error(err, E_SEAL_CRYPTO, "Ed25519 signature");
		goto out;
	}
	rc = 0;
out:
	EVP_MD_CTX_free(state);
	return rc;
}

/*
 * True if ${public} is in the one form that RFC 8032, 5.1.2 gives a point
 * (y below 2^255 - 19) and the point is not of an order up to 8.  Under such
 * a point anyone can make signatures, so its owner could deny all of them.
 */
static bool
is_binding(const uint8_t public[ED25519_PUBLIC_BYTES])
{
	/* y of the points of order 1, 2, 4, and the two of order 8 */
	static const uint8_t small[][ED25519_PUBLIC_BYTES] = {
		{ 0x01 },
		{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0x7f },
		{ 0x00 },
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3,
		    0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05,
		    0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
		    0xfc, 0x05 },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c,
		    0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa,
		    0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
		    0x03, 0x7a },
	};
	uint8_t y[ED25519_PUBLIC_BYTES];
	bool is_high = true;

	memcpy(y, public, sizeof(y));
	y[31] &= 0x7f;
	for (size_t i = 1; i < 31; i++)
		is_high = is_high && y[i] == 0xff;
	if (is_high && y[31] == 0x7f && y[0] >= 0xed)
		return false;
	for (size_t i = 0; i < COUNT_OF(small); i++) {
		if (memcmp(y, small[i], sizeof(y)) == 0)
			return false;
	}
	return true;
}

int
ed25519_verify(const uint8_t public[ED25519_PUBLIC_BYTES], struct span message,
    const uint8_t signature[ED25519_SIGNATURE_BYTES], struct error *err)
{
	EVP_MD_CTX *state = NULL;
	EVP_PKEY *key = NULL;
	int rc = -1;

	if (!is_binding(public))
		return error_set(err, E_NOTE_SIGNATURE, "key of small order");
	key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public,
	    ED25519_PUBLIC_BYTES);
	if (key == NULL || (state = EVP_MD_CTX_new()) == NULL ||
	    !EVP_DigestVerifyInit_ex(state, NULL, NULL, NULL, NULL, key,
		NULL)) {
		crypto_error(err, E_SEAL_CRYPTO, "Ed25519 key");
		goto out;
	}
	if (EVP_DigestVerify(state, signature, ED25519_SIGNATURE_BYTES,
		message.ptr, message.len) != 1) {
		crypto_error(err, E_NOTE_SIGNATURE, "Ed25519");
		goto out;
	}
	rc = 0;
out:
	EVP_MD_CTX_free(state);
	EVP_PKEY_free(key);
	return rc;
}
