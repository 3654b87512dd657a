#pragma once

/*
 * der: read and write ASN.1 in DER (X.690, 10), strictly.  Not for other
 * modules.
 *
 * Only tags of one byte and lengths below 2^24; indefinite and padded lengths
 * are refused.  Spans that come out point into what was read.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/instant.h"
#include "base/span.h"

struct buf;
struct error;

enum {
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_UTC_TIME = 0x17,
	DER_TIME = 0x18, /* GeneralizedTime */
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_OCTETS_CONSTRUCTED = 0x24, /* BER only */
	DER_0 = 0xa0,                  /* context-specific and constructed */
	DER_1 = 0xa1,
	DER_3 = 0xa3,
	DER_4 = 0xa4,
	DER_IMPLICIT_0 = 0x80, /* context-specific and primitive */
};

/* Deepest nesting that der_check() follows. */
#define DER_DEPTH_MAX 32

struct der {
	uint8_t tag;
	struct span whole; /* with tag and length */
	struct span value;
};

/*
 * Take the first element off ${rest}.
 *
 * Fails: E_SEAL_SYNTAX if there is none or it is cut, E_SEAL_NOT_DER.
 */
NODISCARD int der_next(struct der *out, struct span *rest, struct error *err);

/* The same; E_SEAL_SYNTAX also if its tag is not ${tag}. */
NODISCARD int der_take(struct der *out, struct span *rest, uint8_t tag,
    struct error *err);

/* True if the next element of ${rest} has the tag ${tag}. */
bool der_is_next(struct span rest, uint8_t tag);

/* Fails: E_SEAL_SYNTAX if there is anything in ${rest}. */
NODISCARD int der_end(struct span rest, struct error *err);

/*
 * Read a UTCTime (1950 to 2049) or GeneralizedTime (other years) of whole
 * seconds in UTC (RFC 5652, 11.3; RFC 5280, 4.1.2.5).
 *
 * Fails: E_SEAL_TIME.
 */
NODISCARD int der_time(struct instant *out, const struct der *time,
    struct error *err);

/*
 * Check that all of ${bytes}, at every depth, is elements as above.
 *
 * Fails: E_SEAL_SYNTAX, E_SEAL_NOT_DER.
 */
NODISCARD int der_check(struct span bytes, struct error *err);

/* Append an element; the value of a constructed one is elements. */
void der_put(struct buf *out, uint8_t tag, struct span value);

/* Append ${at} as der_time() reads it. */
void der_put_time(struct buf *out, struct instant at);
