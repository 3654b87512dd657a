#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "seal/der.h"
#include "seal/oids.h"
#include "seal/parts.h"
#include "seal/seal.h"

/* The signed attributes that must be there, each once. */
enum attribute {
	ATTRIBUTE_CONTENT_TYPE,
	ATTRIBUTE_MESSAGE_DIGEST,
	ATTRIBUTE_SIGNING_TIME,
	ATTRIBUTE_SIGNING_CERTIFICATE,
	ATTRIBUTE_COUNT
};

/* Take an OBJECT IDENTIFIER off ${rest} and see whether it is ${oid}. */
static int
take_oid(struct span *rest, struct span oid, enum error_code other,
    struct error *err)
{
	struct der got;

	if (der_take(&got, rest, DER_OID, err) == -1)
		return -1;
	if (!span_is_equal(got.value, oid))
		return error_set(err, other, "another OID");
	return 0;
}

/* RFC 5754, 2: the parameters of SHA-256 are absent or NULL. */
static int
take_sha256(struct span *rest, struct error *err)
{
	struct der algorithm, null;
	struct span in;

	if (der_take(&algorithm, rest, DER_SEQUENCE, err) == -1)
		return -1;
	in = algorithm.value;
	if (take_oid(&in, OID_SHA256, E_SEAL_ALGORITHM, err) == -1)
		return -1;
	if (in.len > 0 && der_take(&null, &in, DER_NULL, err) == -1)
		return -1;
	if (in.len > 0 || algorithm.value.len > OID_SHA256.len + 4)
		return error_set(err, E_SEAL_ALGORITHM, "parameters");
	return 0;
}

/* RFC 5652, 3: ContentInfo.  ${out} is the inside of the SignedData. */
static int
open_content_info(struct span *out, struct span der, struct error *err)
{
	struct der info, content, data;
	struct span in;

	if (der_take(&info, &der, DER_SEQUENCE, err) == -1)
		return -1;
	if (der.len > 0)
		return error_set(err, E_SEAL_TRAILING, "%zu bytes", der.len);
	in = info.value;
	if (take_oid(&in, OID_SIGNED_DATA, E_SEAL_TYPE, err) == -1 ||
	    der_take(&content, &in, DER_0, err) == -1 || der_end(in, err) == -1)
		return -1;
	in = content.value;
	if (der_take(&data, &in, DER_SEQUENCE, err) == -1 ||
	    der_end(in, err) == -1)
		return -1;
	*out = data.value;
	return 0;
}

/* RFC 5652, 5.2: EncapsulatedContentInfo. */
static int
take_content(struct seal_parts *parts, struct span *rest, struct error *err)
{
	struct der encapsulated, wrapped, content;
	struct span in;

	if (der_take(&encapsulated, rest, DER_SEQUENCE, err) == -1)
		return -1;
	in = encapsulated.value;
	if (take_oid(&in, OID_DATA, E_SEAL_TYPE, err) == -1)
		return -1;
	if (in.len == 0)
		return error_set(err, E_SEAL_DETACHED, "no content");
	if (der_take(&wrapped, &in, DER_0, err) == -1 || der_end(in, err) == -1)
		return -1;
	in = wrapped.value;
	if (der_is_next(in, DER_OCTETS_CONSTRUCTED))
		return error_set(err, E_SEAL_NOT_DER, "content in pieces");
	if (der_take(&content, &in, DER_OCTETS, err) == -1 ||
	    der_end(in, err) == -1)
		return -1;
	parts->content = content.value;
	return 0;
}

/* RFC 5652, 5.1: SignedData.  ${out} is the inside of the one SignerInfo. */
static int
open_signed_data(struct seal_parts *parts, struct span *out, struct span in,
    struct error *err)
{
	struct der digests, signers, signer;
	struct span rest;

	if (der_take(&parts->version, &in, DER_INTEGER, err) == -1 ||
	    der_take(&digests, &in, DER_SET, err) == -1)
		return -1;
	rest = digests.value;
	if (rest.len == 0)
		return error_set(err, E_SEAL_ALGORITHM, "no digest");
	if (take_sha256(&rest, err) == -1)
		return -1;
	if (rest.len > 0)
		return error_set(err, E_SEAL_ALGORITHM, "two digests");

	if (take_content(parts, &in, err) == -1)
		return -1;
	if (der_is_next(in, DER_0))
		return error_set(err, E_SEAL_CERTIFICATES, "certificates");
	if (der_is_next(in, DER_1))
		return error_set(err, E_SEAL_CRLS, "CRLs");

	if (der_take(&signers, &in, DER_SET, err) == -1 ||
	    der_end(in, err) == -1)
		return -1;
	rest = signers.value;
	if (rest.len == 0)
		return error_set(err, E_SEAL_SIGNERS, "no signer");
	if (der_take(&signer, &rest, DER_SEQUENCE, err) == -1)
		return -1;
	if (rest.len > 0)
		return error_set(err, E_SEAL_SIGNERS, "more than one");
	*out = signer.value;
	return 0;
}

/*
 * RFC 5652, 5.3: SignerInfo.  Both versions are 1 if the signer is named by
 * issuer and serial number, and 3 if by key identifier.
 */
static int
open_signer(struct seal_parts *parts, struct span in, struct error *err)
{
	struct der version, got;
	uint8_t want;

	if (der_take(&version, &in, DER_INTEGER, err) == -1 ||
	    der_next(&parts->signer, &in, err) == -1)
		return -1;
	want = parts->signer.tag == DER_IMPLICIT_0 ? 3 : 1;
	if ((want == 1 && parts->signer.tag != DER_SEQUENCE) ||
	    !span_is_equal(version.value, span_of(&want, 1)) ||
	    !span_is_equal(parts->version.value, span_of(&want, 1)))
		return error_set(err, E_SEAL_SYNTAX, "version");

	if (take_sha256(&in, err) == -1)
		return -1;
	if (!der_is_next(in, DER_0))
		return error_set(err, E_SEAL_ATTRIBUTE_MISSING, "all");
	if (der_next(&got, &in, err) == -1)
		return -1;
	parts->attributes = got.whole;
	if (der_take(&got, &in, DER_SEQUENCE, err) == -1)
		return -1;
	parts->algorithm = got.value;
	if (der_take(&got, &in, DER_OCTETS, err) == -1)
		return -1;
	parts->signature = got.value;
	if (der_is_next(in, DER_1))
		return error_set(err, E_SEAL_ATTRIBUTE_UNSIGNED, "unsigned");
	return der_end(in, err);
}

/*
 * RFC 5035, 3: SigningCertificateV2 with one ESSCertIDv2 and no policies.
 * SHA-256 is the default, so in DER it is not named.
 */
static int
read_certificate_id(struct seal_parts *parts, struct span in, struct error *err)
{
	struct der outer, ids, id, digest;
	struct span rest;

	if (der_take(&outer, &in, DER_SEQUENCE, err) == -1 ||
	    der_end(in, err) == -1)
		return -1;
	in = outer.value;
	if (der_take(&ids, &in, DER_SEQUENCE, err) == -1)
		return -1;
	rest = ids.value;
	if (der_take(&id, &rest, DER_SEQUENCE, err) == -1)
		return -1;
	if (in.len > 0 || rest.len > 0)
		return error_set(err, E_SEAL_ATTRIBUTES,
		    "signingCertificateV2 with more than the signer");

	rest = id.value;
	if (der_is_next(rest, DER_SEQUENCE))
		return error_set(err, E_SEAL_ALGORITHM,
		    "signingCertificateV2 names a digest");
	if (der_take(&digest, &rest, DER_OCTETS, err) == -1)
		return -1;
	parts->certificate_digest = digest.value;
	parts->issuer_serial = rest;
	return 0;
}

/* RFC 5652, 11.1 to 11.3, and RFC 5035: the one value ${in} of each. */
static int
read_attribute(struct seal_parts *parts, enum attribute which, struct span in,
    struct error *err)
{
	struct der got;

	switch (which) {
	case ATTRIBUTE_CONTENT_TYPE:
		if (take_oid(&in, OID_DATA, E_SEAL_TYPE, err) == -1)
			return -1;
		return der_end(in, err);
	case ATTRIBUTE_MESSAGE_DIGEST:
		if (der_take(&got, &in, DER_OCTETS, err) == -1)
			return -1;
		parts->digest = got.value;
		return der_end(in, err);
	case ATTRIBUTE_SIGNING_TIME:
		if (der_next(&got, &in, err) == -1 ||
		    der_time(&parts->at, &got, err) == -1)
			return -1;
		return der_end(in, err);
	case ATTRIBUTE_SIGNING_CERTIFICATE:
		return read_certificate_id(parts, in, err);
	case ATTRIBUTE_COUNT:
		break;
	}
	return error_set(err, E_INTERNAL, "no such attribute");
}

/* Take one Attribute, of a type not yet in the bits ${seen}, off ${rest}. */
static int
take_attribute(struct seal_parts *parts, unsigned *seen, struct span *rest,
    struct error *err)
{
	const struct span *types[] = {
		[ATTRIBUTE_CONTENT_TYPE] = &OID_CONTENT_TYPE,
		[ATTRIBUTE_MESSAGE_DIGEST] = &OID_MESSAGE_DIGEST,
		[ATTRIBUTE_SIGNING_TIME] = &OID_SIGNING_TIME,
		[ATTRIBUTE_SIGNING_CERTIFICATE] = &OID_SIGNING_CERTIFICATE,
	};
	struct der attribute, type, values, value;
	enum attribute which = 0;
	struct span in;

	if (der_take(&attribute, rest, DER_SEQUENCE, err) == -1)
		return -1;
	in = attribute.value;
	if (der_take(&type, &in, DER_OID, err) == -1 ||
	    der_take(&values, &in, DER_SET, err) == -1 ||
	    der_end(in, err) == -1)
		return -1;
	while (which < ATTRIBUTE_COUNT &&
	    !span_is_equal(type.value, *types[which]))
		which++;
	if (which == ATTRIBUTE_COUNT)
		return error_set(err, E_SEAL_ATTRIBUTES, "another one");
	if (*seen & 1u << which)
		return error_set(err, E_SEAL_ATTRIBUTE_TWICE, "number %d",
		    (int)which);
	*seen |= 1u << which;

	in = values.value;
	if (der_next(&value, &in, err) == -1)
		return -1;
	if (in.len > 0)
		return error_set(err, E_SEAL_ATTRIBUTE_TWICE,
		    "number %d has two values", (int)which);
	return read_attribute(parts, which, value.whole, err);
}

/*
 * X.690, 11.6: the elements of a SET OF ascend, compared as if the shorter
 * had zeros behind it.  No element can be the start of another.
 */
static bool
is_ascending(struct span a, struct span b)
{
	int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return order < 0;
}

static int
read_attributes(struct seal_parts *parts, struct error *err)
{
	struct span whole = parts->attributes, before = { 0 }, rest, one;
	struct der outer;
	unsigned seen = 0;

	if (der_next(&outer, &whole, err) == -1)
		return -1;
	for (rest = outer.value; rest.len > 0; before = one) {
		one = rest;
		if (take_attribute(parts, &seen, &rest, err) == -1)
			return -1;
		one.len -= rest.len;
		if (before.len > 0 && !is_ascending(before, one))
			return error_set(err, E_SEAL_NOT_DER,
			    "signed attributes are not in order");
	}
	if (seen != (1u << ATTRIBUTE_COUNT) - 1)
		return error_set(err, E_SEAL_ATTRIBUTE_MISSING, "have %x",
		    seen);
	return 0;
}

int
seal_parts_parse(struct seal_parts *out, struct span der, struct error *err)
{
	struct seal_parts parts = { 0 };
	struct span in;

	if (der.len > SEAL_SIZE_MAX)
		return error_set(err, E_SEAL_TOO_LARGE, "%zu bytes", der.len);
	if (open_content_info(&in, der, err) == -1 ||
	    open_signed_data(&parts, &in, in, err) == -1 ||
	    open_signer(&parts, in, err) == -1 ||
	    read_attributes(&parts, err) == -1)
		return -1;
	*out = parts;
	return 0;
}
