#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "seal/certificate.h"
#include "seal/crypto.h"
#include "seal/digest.h"
#include "seal/identity.h"
#include "seal/seal.h"
#include "seal/write.h"

/* Sign ${message} with SHA-256; RSA's default padding is PKCS#1 v1.5. */
static int
sign(struct span *out, struct span message, const struct seal_key *key,
    struct arena *arena, struct error *err)
{
	EVP_MD_CTX *state = NULL;
	uint8_t *signature;
	size_t len;
	int rc = -1;

	ERR_clear_error();
	if ((state = EVP_MD_CTX_new()) == NULL ||
	    !EVP_DigestSignInit_ex(state, NULL, "SHA256", NULL, NULL, key->key,
		NULL) ||
	    EVP_DigestSign(state, NULL, &len, message.ptr, message.len) != 1)
		goto out;
	signature = arena_alloc(arena, len);
	if (EVP_DigestSign(state, signature, &len, message.ptr, message.len) !=
	    1)
		goto out;
	*out = span_of(signature, len);
	rc = 0;
out:
	if (rc == -1)
		crypto_error(err, E_SEAL_CRYPTO, "signing");
	EVP_MD_CTX_free(state);
	return rc;
}

int
seal_sign(struct span *out, struct span content, const struct seal_key *key,
    struct instant at, struct arena *arena, struct error *err)
{
	struct hash digest = digest_of(content);
	struct buf attributes, whole;
	struct span signature;
	int rc = -1;

	if (content.len > SEAL_SIZE_MAX)
		return error_set(err, E_SEAL_TOO_LARGE, "%zu bytes",
		    content.len);
	if (certificate_check_time(key->certificate, at, err) == -1)
		return -1;

	buf_init(&attributes, SEAL_SIZE_MAX);
	buf_init(&whole, SEAL_SIZE_MAX);
	write_attributes(&attributes, &digest, at, key->certificate);
	if (sign(&signature, buf_span(&attributes), key, arena, err) == -1)
		goto out;
	write_signed_data(&whole, content, buf_span(&attributes), signature,
	    key->certificate);
	if (attributes.is_over || whole.is_over) {
		error_set(err, E_SEAL_TOO_LARGE, "%zu bytes of content",
		    content.len);
		goto out;
	}
	*out = arena_copy(arena, buf_span(&whole));
	rc = 0;
out:
	buf_clear(&whole);
	buf_clear(&attributes);
	return rc;
}
