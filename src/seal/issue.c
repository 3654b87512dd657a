#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "base/hash.h"
#include "seal/digest.h"
#include "seal/issue.h"
#include "seal/random.h"

#define GROUP "prime256v1"
#define POINT_BYTES 65 /* uncompressed */

/* RFC 5280, 4.1.2.2 allows 20 bytes and wants a positive number. */
#define SERIAL_BYTES 16

/* 32 bytes that follow from ${seed}, ${role} and what they are for. */
static struct hash
derive(struct span seed, enum seal_role role, const char *what)
{
	uint8_t number = (uint8_t)role;
	struct span parts[] = { span_text(what), span_of(&number, 1), seed };

	return digest_parts(parts, COUNT_OF(parts));
}

/* The private number of a seed, and its point. */
static int
compute_pair(BIGNUM **private, uint8_t point[POINT_BYTES], struct span seed,
    enum seal_role role)
{
	struct hash number = derive(seed, role, "demarche P-256 key");
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *at = group == NULL ? NULL : EC_POINT_new(group);
	BN_CTX *scratch = BN_CTX_secure_new();
	BIGNUM *bn = BN_secure_new();
	int is_made = 0;

	if (at == NULL || scratch == NULL || bn == NULL ||
	    BN_bin2bn(number.bytes, sizeof(number.bytes), bn) == NULL)
		goto out;
	/* Half the range: below the order, and never 0 with the lowest bit. */
	BN_clear_bit(bn, 255);
	BN_set_bit(bn, 0);
	if (!EC_POINT_mul(group, at, bn, NULL, NULL, scratch) ||
	    EC_POINT_point2oct(group, at, POINT_CONVERSION_UNCOMPRESSED, point,
		POINT_BYTES, scratch) != POINT_BYTES)
		goto out;
	*private = bn;
	bn = NULL;
	is_made = 1;
out:
	secret_wipe(&number, sizeof(number));
	BN_clear_free(bn);
	BN_CTX_free(scratch);
	EC_POINT_free(at);
	EC_GROUP_free(group);
	return is_made;
}

static EVP_PKEY *
key_of_seed(struct span seed, enum seal_role role)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	BIGNUM *private = NULL;
	EVP_PKEY *key = NULL;
	uint8_t point[POINT_BYTES];

	if (build == NULL || ctx == NULL ||
	    !compute_pair(&private, point, seed, role) ||
	    !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
		GROUP, 0) ||
	    !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, private) ||
	    !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
		point, sizeof(point)) ||
	    (params = OSSL_PARAM_BLD_to_param(build)) == NULL ||
	    EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_clear_free(private);
	return key;
}

EVP_PKEY *
issue_key(enum seal_role role, struct span seed)
{
	if (seed.len > 0)
		return key_of_seed(seed, role);
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", GROUP);
}

static int
set_serial(X509 *x509, enum seal_role role, struct span seed)
{
	struct hash number = { 0 };
	BIGNUM *bn = NULL;
	int is_set = 0;

	if (seed.len > 0)
		number = derive(seed, role, "demarche serial number");
	else if (RAND_bytes_ex(NULL, number.bytes, SERIAL_BYTES, 0) != 1)
		return 0;
	number.bytes[0] |= 0x40; /* never short, and */
	number.bytes[0] &= 0x7f; /* never negative */
	bn = BN_bin2bn(number.bytes, SERIAL_BYTES, NULL);
	is_set = bn != NULL &&
	    BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x509)) != NULL;
	BN_free(bn);
	return is_set;
}

/* RFC 5280, 4.1.2.5: UTCTime through 2049, which these choose themselves. */
static int
set_times(X509 *x509, const struct seal_holder *holder)
{
	return ASN1_TIME_adj(X509_getm_notBefore(x509),
		   (time_t)holder->not_before.s, 0, 0) != NULL &&
	    ASN1_TIME_adj(X509_getm_notAfter(x509), (time_t)holder->not_after.s,
		0, 0) != NULL;
}

static int
add_name(X509_NAME *name, int nid, const char *text)
{
	return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
	    (const unsigned char *)text, -1, -1, 0);
}

static int
set_names(X509 *x509, const struct seal_holder *holder)
{
	X509_NAME *name = X509_get_subject_name(x509);

	if (holder->country != NULL &&
	    !add_name(name, NID_countryName, holder->country))
		return 0;
	return add_name(name, NID_commonName, holder->party) &&
	    X509_set_issuer_name(x509, name);
}

static int
add_extension(X509 *x509, int nid, const char *text)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;
	int is_added;

	X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&ctx);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, text);
	is_added = extension != NULL && X509_add_ext(x509, extension, -1);
	X509_EXTENSION_free(extension);
	return is_added;
}

/* RFC 5280, 4.2.1: what every role has, then what the role has. */
static int
add_extensions(X509 *x509, enum seal_role role, const char *party)
{
	char name[sizeof("DNS:") + IDENTITY_PARTY_MAX];
	const char *usage = role == SEAL_ROLE_ENCRYPTION ?
	    "critical,keyAgreement" :
	    "critical,digitalSignature";

	if (!add_extension(x509, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(x509, NID_key_usage, usage) ||
	    !add_extension(x509, NID_subject_key_identifier, "hash") ||
	    !add_extension(x509, NID_authority_key_identifier, "keyid"))
		return 0;
	if (role != SEAL_ROLE_TLS)
		return 1;
	snprintf(name, sizeof(name), "DNS:%s", party);
	return add_extension(x509, NID_ext_key_usage,
		   "serverAuth,clientAuth") &&
	    add_extension(x509, NID_subject_alt_name, name);
}

X509 *
issue_certificate(enum seal_role role, const struct seal_holder *holder,
    EVP_PKEY *key)
{
	EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	X509 *x509 = X509_new();

	if (sha256 == NULL || x509 == NULL ||
	    !X509_set_version(x509, X509_VERSION_3) ||
	    !set_serial(x509, role, holder->seed) || !set_times(x509, holder) ||
	    !set_names(x509, holder) || !X509_set_pubkey(x509, key) ||
	    !add_extensions(x509, role, holder->party) ||
	    !X509_sign(x509, key, sha256)) {
		X509_free(x509);
		x509 = NULL;
	}
	EVP_MD_free(sha256);
	return x509;
}
