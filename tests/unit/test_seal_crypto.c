#include <openssl/err.h>

#include "seal/crypto.h"
#include "tests/tap.h"

TEST(what_libcrypto_refuses_is_the_peers_fault)
{
	struct error err;

	ERR_raise(ERR_LIB_ASN1, ERR_R_NESTED_ASN1_ERROR);
	check_int(crypto_error(&err, E_SEAL_SIGNATURE, "testing"), -1);
	check_int(err.code, E_SEAL_SIGNATURE);
	check_int((long long)ERR_peek_error(), 0);
}

/* Wherever it stands in the queue: what comes after it is its consequence. */
TEST(a_broken_libcrypto_is_nobodys_fault_but_ours)
{
	struct error err;

	ERR_raise(ERR_LIB_ASN1, ERR_R_MALLOC_FAILURE);
	ERR_raise(ERR_LIB_ASN1, ERR_R_NESTED_ASN1_ERROR);
	check_int(crypto_error(&err, E_SEAL_SIGNATURE, "testing"), -1);
	check_int(err.code, E_SEAL_CRYPTO);
	check_int(error_fault(err.code), FAULT_SELF);
	check_int((long long)ERR_peek_error(), 0);
}

TEST(a_refusal_without_a_reason_is_the_peers_fault)
{
	struct error err;

	check_int(crypto_error(&err, E_SEAL_SIGNATURE, "testing"), -1);
	check_int(err.code, E_SEAL_SIGNATURE);
}
