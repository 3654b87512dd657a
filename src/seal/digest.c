#include <stdlib.h>

#include "base/mem.h"
#include "seal/crypto.h"
#include "seal/digest.h"

struct digest {
	EVP_MD_CTX *state;
};

static void
begin(EVP_MD_CTX *state)
{
	if (!EVP_DigestInit_ex2(state, crypto_sha256(), NULL))
		mem_die("SHA-256 cannot begin");
}

static void
add(EVP_MD_CTX *state, struct span bytes)
{
	if (bytes.len > 0 && !EVP_DigestUpdate(state, bytes.ptr, bytes.len))
		mem_die("SHA-256 cannot go on");
}

static void
end(EVP_MD_CTX *state, struct hash *out)
{
	if (!EVP_DigestFinal_ex(state, out->bytes, NULL))
		mem_die("SHA-256 cannot end");
}

/* The state of short computations, kept: making one costs as much as they. */
static EVP_MD_CTX *
scratch(void)
{
	static EVP_MD_CTX *state;

	if (state == NULL && (state = EVP_MD_CTX_new()) == NULL)
		mem_die("no memory for SHA-256");
	return state;
}

struct hash
digest_of(struct span bytes)
{
	return digest_parts(&bytes, 1);
}

struct hash
digest_parts(const struct span *parts, size_t n)
{
	EVP_MD_CTX *state = scratch();
	struct hash out;

	begin(state);
	for (size_t i = 0; i < n; i++)
		add(state, parts[i]);
	end(state, &out);
	return out;
}

struct digest *
digest_new(void)
{
	struct digest *digest = mem_new(sizeof(*digest));

	if ((digest->state = EVP_MD_CTX_new()) == NULL)
		mem_die("no memory for SHA-256");
	begin(digest->state);
	return digest;
}

void
digest_free(struct digest *digest)
{
	if (digest == NULL)
		return;
	EVP_MD_CTX_free(digest->state);
	free(digest);
}

void
digest_add(struct digest *digest, struct span bytes)
{
	add(digest->state, bytes);
}

void
digest_end(struct digest *digest, struct hash *out)
{
	end(digest->state, out);
	begin(digest->state);
}

struct digest *
digest_copy(const struct digest *digest)
{
	struct digest *copy = mem_new(sizeof(*copy));

	if ((copy->state = EVP_MD_CTX_new()) == NULL ||
	    !EVP_MD_CTX_copy_ex(copy->state, digest->state))
		mem_die("SHA-256 cannot be copied");
	return copy;
}
