#pragma once

/*
 * card: a party's public data (protocol section 1), exchanged out of band.
 *
 * The file is two PEM blocks (RFC 7468): CERTIFICATE, the party's seal
 * certificate, then CMS, the JSON content sealed with it.  The fingerprint is
 * the SHA-256 of the CMS's DER; a card is what it says it is only once a
 * person has compared that with the party's own words.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/span.h"
#include "domain/vocabulary.h"

struct arena;
struct buf;
struct error;

#define CARD_VERSION 1
#define CARD_CONTENT_MAX ((size_t)28 << 10)    /* bytes of JSON */
#define CARD_FILE_MAX ((size_t)64 << 10)       /* bytes of PEM */
#define CARD_CERTIFICATE_MAX ((size_t)8 << 10) /* bytes of DER */
#define CARD_PARTY_MIN ((size_t)3)             /* bytes */
#define CARD_PARTY_MAX ((size_t)63)            /* bytes */
#define CARD_ENDPOINTS_MAX 8
#define CARD_ENDPOINT_MAX ((size_t)280) /* bytes of https://host:port */
#define CARD_ANCHORS_MAX 8
#define CARD_TLS_MAX 2
#define CARD_KEY_BYTES ((size_t)32) /* an Ed25519 public key */

/* 16 groups of 4 hex digits, 15 spaces and the NUL */
#define CARD_FINGERPRINT_TEXT_MAX ((size_t)80)

/* What a mirror line asserts, word for word. */
#define CARD_MIRROR_STATEMENT                                               \
	"When this was signed, every entry below this size was stored "     \
	"durably here, and for each entry that is a valid record the "      \
	"documents it marks `first` had been held here, unless an erasure " \
	"record below this size names them."

struct card {
	struct span party;   /* "cert.north.example", see card_check_party() */
	struct span country; /* ISO 3166-1: two capitals */
	struct span endpoints[CARD_ENDPOINTS_MAX]; /* https://host:port */
	unsigned endpoints_n;                      /* at least 1 */
	uint8_t log[CARD_KEY_BYTES];               /* Ed25519, all our logs */
	struct span mirror;                        /* vkey, <party>/mirror */
	uint8_t mirror_key[CARD_KEY_BYTES];        /* the key in it */
	struct span seal;                          /* DER certificate */
	struct span anchors[CARD_ANCHORS_MAX];     /* DER, above ${seal} */
	unsigned anchors_n;                        /* 0 if self-signed */
	struct span encryption;                    /* DER certificate */
	struct hash tls[CARD_TLS_MAX];             /* SHA-256 of the SPKI */
	unsigned tls_n;                            /* at least 1 */
	bool is_exercise;
	struct instant at;
	struct hash fingerprint; /* set by card_open() only */
};

struct card_endpoint {
	struct span host; /* without the brackets of an IPv6 address */
	uint16_t port;
};

/*
 * A party's name: like a host's, lower case letters, digits, "-" and ".", at
 * least one ".", no label empty or with "-" at its ends.
 *
 * Fails: E_CARD.
 */
NODISCARD int card_check_party(struct span party, struct error *err);

/* Split https://host:port.  Fails: E_CARD. */
NODISCARD int card_endpoint_parse(struct card_endpoint *out, struct span url,
    struct error *err);

/*
 * Read a card's content, JSON, once its seal has been verified.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_CARD, with the member's name in the detail.
 */
NODISCARD int card_read(struct card **out, struct span content,
    struct arena *arena, struct error *err);

/*
 * Write the content; mirror_key and fingerprint are not looked at.
 *
 * Fails: E_CARD for what card_read() would not take.
 */
NODISCARD int card_write(struct buf *out, const struct card *card,
    struct error *err);

/*
 * Put another key of ${use} in ${card}: ${bytes} as the member has them, or
 * for TLS the ${pin} beside the newest there is, unless it is the only one.
 */
void card_put_key(struct card *card, enum word use, struct span bytes);
struct span card_key_bytes(const struct card *card, enum word use);
void card_put_pin(struct card *card, const struct hash *pin, bool is_alone);

/* The file: ${certificate} and ${cms} as DER, in PEM. */
void card_armour(struct buf *out, struct span certificate, struct span cms);

/*
 * Take the two apart again.  Nothing is verified.
 *
 * Owns: the two are in ${arena}.
 * Fails: E_CARD for anything but what card_armour() writes; lines may end in
 * CR LF, as mail makes them.
 */
NODISCARD int card_unarmour(struct span *certificate, struct span *cms,
    struct span file, struct arena *arena, struct error *err);

/*
 * Open the card in ${file}: the seal verifies with the certificate beside it,
 * which is the one the content names, at the time that both name.  This says
 * that the card is whole, not whose it is: compare the fingerprint.
 *
 * Owns: ${out} is in ${arena}.
 * Fails: E_CARD, and what seal_open() and certificate_parse() fail with.
 */
NODISCARD int card_open(struct card **out, struct span file,
    struct arena *arena, struct error *err);

/* All of ${card}, and no more than that, in ${arena}. */
struct card *card_copy(const struct card *card, struct arena *arena);

/* "ab12 cd34 ...".  Returns ${out}. */
const char *card_fingerprint_write(const struct hash *fingerprint,
    char out[CARD_FINGERPRINT_TEXT_MAX]);

/*
 * All 64 digits, in either case, with spaces or colons anywhere.
 *
 * Fails: E_CARD_FINGERPRINT.
 */
NODISCARD int card_fingerprint_parse(struct hash *out, struct span text,
    struct error *err);
