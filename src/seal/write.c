#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "seal/crypto.h"
#include "seal/der.h"
#include "seal/oids.h"
#include "seal/seal.h"
#include "seal/write.h"

/* Put what is in ${inner} as one element ${tag}, and clear it. */
static void
wrap(struct buf *out, uint8_t tag, struct buf *inner)
{
	/* What did not fit inside does not fit outside. */
	out->is_over = out->is_over || inner->is_over;
	der_put(out, tag, buf_span(inner));
	buf_clear(inner);
}

static struct buf
empty(void)
{
	struct buf buf;

	buf_init(&buf, SEAL_SIZE_MAX);
	return buf;
}

/* RFC 5035, 5: GeneralNames with one directoryName, and the number. */
void
write_issuer_serial(struct buf *out, const struct certificate *c)
{
	struct buf name = empty(), names = empty(), both = empty();

	buf_add(&name, c->issuer);
	wrap(&names, DER_4, &name);
	wrap(&both, DER_SEQUENCE, &names);
	buf_add(&both, c->serial);
	wrap(out, DER_SEQUENCE, &both);
}

/* An Attribute with the one value ${value}, which is cleared. */
static void
write_attribute(struct buf *out, struct span type, struct buf *value)
{
	struct buf attribute = empty();

	der_put(&attribute, DER_OID, type);
	wrap(&attribute, DER_SET, value);
	wrap(out, DER_SEQUENCE, &attribute);
}

static void
write_certificate_id(struct buf *out, const struct certificate *c)
{
	struct buf id = empty(), ids = empty(), outer = empty();

	der_put(&id, DER_OCTETS, hash_span(&c->fingerprint));
	write_issuer_serial(&id, c);
	wrap(&ids, DER_SEQUENCE, &id);
	wrap(&outer, DER_SEQUENCE, &ids);
	wrap(out, DER_SEQUENCE, &outer);
}

/*
 * X.690, 11.6 wants them in ascending order, and the length of each comes
 * first in it: contentType and signingTime are 24 and 28 bytes inside,
 * messageDigest 47, signingCertificateV2 more than 60.  GeneralizedTime is 30.
 */
void
write_attributes(struct buf *out, const struct hash *content, struct instant at,
    const struct certificate *c)
{
	struct buf set = empty(), value = empty();

	der_put(&value, DER_OID, OID_DATA);
	write_attribute(&set, OID_CONTENT_TYPE, &value);
	value = empty();
	der_put_time(&value, at);
	write_attribute(&set, OID_SIGNING_TIME, &value);
	value = empty();
	der_put(&value, DER_OCTETS, hash_span(content));
	write_attribute(&set, OID_MESSAGE_DIGEST, &value);
	value = empty();
	write_certificate_id(&value, c);
	write_attribute(&set, OID_SIGNING_CERTIFICATE, &value);
	wrap(out, DER_SET, &set);
}

/* The AlgorithmIdentifier of SHA-256, without parameters (RFC 5754, 2). */
static void
write_sha256(struct buf *out)
{
	struct buf algorithm = empty();

	der_put(&algorithm, DER_OID, OID_SHA256);
	wrap(out, DER_SEQUENCE, &algorithm);
}

/* RFC 5652, 5.3. */
static void
write_signer(struct buf *out, struct span attributes, struct span signature,
    const struct certificate *c)
{
	static const uint8_t version = 1;
	struct buf signer = empty(), name = empty();

	der_put(&signer, DER_INTEGER, span_of(&version, 1));
	buf_add(&name, c->issuer);
	buf_add(&name, c->serial);
	wrap(&signer, DER_SEQUENCE, &name);
	write_sha256(&signer);
	buf_u8(&signer, DER_0); /* in place of SET */
	buf_add(&signer, span_skip(attributes, 1));
	der_put(&signer, DER_SEQUENCE,
	    c->kind == CRYPTO_KEY_P256 ? ALGORITHM_ECDSA_SHA256 :
					 ALGORITHM_RSA);
	der_put(&signer, DER_OCTETS, signature);
	wrap(out, DER_SEQUENCE, &signer);
}

/* RFC 5652, 3 and 5.1. */
void
write_signed_data(struct buf *out, struct span content, struct span attributes,
    struct span signature, const struct certificate *c)
{
	static const uint8_t version = 1;
	struct buf data = empty(), part = empty(), inner = empty();

	der_put(&data, DER_INTEGER, span_of(&version, 1));
	write_sha256(&part);
	wrap(&data, DER_SET, &part);

	part = empty();
	der_put(&part, DER_OID, OID_DATA);
	der_put(&inner, DER_OCTETS, content);
	wrap(&part, DER_0, &inner);
	wrap(&data, DER_SEQUENCE, &part);

	part = empty();
	write_signer(&part, attributes, signature, c);
	wrap(&data, DER_SET, &part);

	part = empty();
	wrap(&part, DER_SEQUENCE, &data);
	inner = empty();
	der_put(&inner, DER_OID, OID_SIGNED_DATA);
	wrap(&inner, DER_0, &part);
	wrap(out, DER_SEQUENCE, &inner);
}
