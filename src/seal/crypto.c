#include <openssl/err.h>
#include <stdbool.h>

#include "base/mem.h"
#include "seal/crypto.h"

int
crypto_error(struct error *err, enum error_code theirs, const char *doing)
{
	char why[120] = "no reason given";
	bool is_fatal = false;
	unsigned long e;

	while ((e = ERR_get_error()) != 0) {
		ERR_error_string_n(e, why, sizeof(why));
		if (ERR_FATAL_ERROR(e)) {
			is_fatal = true;
			break;
		}
	}
	ERR_clear_error();
	return error_set(err, is_fatal ? E_SEAL_CRYPTO : theirs, "%s: %s",
	    doing, why);
}

const EVP_MD *
crypto_sha256(void)
{
	static EVP_MD *sha256;

	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL)
		mem_die("libcrypto has no SHA-256");
	return sha256;
}
