#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/error.h"
#include "formats/card.h"
#include "seal/certificate.h"
#include "seal/digest.h"
#include "seal/seal.h"

#define PEM_LINE_MAX ((size_t)64)
#define GROUP_DIGITS 4

static void
armour_one(struct buf *out, const char *label, struct span der)
{
	struct arena *arena = arena_new();
	struct span text = span_text(encode_base64_text(arena, der));

	buf_printf(out, "-----BEGIN %s-----\n", label);
	while (text.len > 0) {
		size_t n = text.len < PEM_LINE_MAX ? text.len : PEM_LINE_MAX;

		buf_add(out, span_of(text.ptr, n));
		buf_text(out, "\n");
		text = span_skip(text, n);
	}
	buf_printf(out, "-----END %s-----\n", label);
	arena_free(arena);
}

void
card_armour(struct buf *out, struct span certificate, struct span cms)
{
	armour_one(out, "CERTIFICATE", certificate);
	armour_one(out, "CMS", cms);
}

/* The next line of ${rest}, without its end. */
static struct span
next_line(struct span *rest)
{
	size_t len = span_find(*rest, '\n');
	struct span line = span_of(rest->ptr, len);

	*rest = span_skip(*rest, len + 1);
	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Mail adds and takes empty lines around a block. */
static struct span
next_full_line(struct span *rest)
{
	struct span line = next_line(rest);

	while (line.len == 0 && rest->len > 0)
		line = next_line(rest);
	return line;
}

/* One block of RFC 7468 (its strict form) at the start of ${rest}. */
static int
unarmour_one(struct span *out, struct span *rest, const char *label,
    struct arena *arena, struct error *err)
{
	char *begin = arena_printf(arena, "-----BEGIN %s-----", label);
	char *end = arena_printf(arena, "-----END %s-----", label);
	struct span line;
	struct buf text;
	bool is_last = false;
	struct error why;
	int rc = -1;

	buf_init(&text, CARD_FILE_MAX);
	if (!span_is_text(next_full_line(rest), begin)) {
		error_set(err, E_CARD, "no %s block", label);
		goto out;
	}
	for (line = next_line(rest); !span_is_text(line, end);
	     line = next_line(rest)) {
		/* only the last line of base64 is short; the file may end */
		if (line.len == 0 || line.len > PEM_LINE_MAX || is_last) {
			error_set(err, E_CARD, "a line in the %s block", label);
			goto out;
		}
		is_last = line.len < PEM_LINE_MAX;
		buf_add(&text, line);
	}
	if (text.len == 0 ||
	    decode_base64(out, buf_span(&text), arena, &why) == -1) {
		error_set(err, E_CARD, "the %s block is not base64", label);
		goto out;
	}
	rc = 0;
out:
	buf_clear(&text);
	return rc;
}

int
card_unarmour(struct span *certificate, struct span *cms, struct span file,
    struct arena *arena, struct error *err)
{
	if (file.len > CARD_FILE_MAX)
		return error_set(err, E_CARD, "%zu bytes", file.len);
	if (unarmour_one(certificate, &file, "CERTIFICATE", arena, err) == -1 ||
	    unarmour_one(cms, &file, "CMS", arena, err) == -1)
		return -1;
	if (next_full_line(&file).len > 0)
		return error_set(err, E_CARD, "more behind the CMS block");
	return 0;
}

/* Both certificates may be used so, and no key serves two roles. */
static int
check_certificates(const struct card *card, const struct certificate *seal,
    struct error *err)
{
	struct certificate *encryption = NULL;
	struct hash sealing, encrypting;
	int rc = -1;

	if (certificate_check_sealing(seal, card->anchors, card->anchors_n,
		card->at, err) == -1)
		goto out;
	if (certificate_parse(&encryption, card->encryption, err) == -1)
		goto out;
	if (certificate_check_encryption(encryption, card->anchors,
		card->anchors_n, card->at, err) == -1)
		goto out;
	sealing = certificate_spki(seal);
	encrypting = certificate_spki(encryption);
	for (unsigned i = 0; i < card->tls_n; i++) {
		if (hash_is_equal(&card->tls[i], &sealing) ||
		    hash_is_equal(&card->tls[i], &encrypting)) {
			error_set(err, E_CARD, "tls: a key of another role");
			goto out;
		}
	}
	if (hash_is_equal(&sealing, &encrypting)) {
		error_set(err, E_CARD, "encryption: the key that seals");
		goto out;
	}
	rc = 0;
out:
	certificate_free(encryption);
	return rc;
}

int
card_open(struct card **out, struct span file, struct arena *arena,
    struct error *err)
{
	struct certificate *seal = NULL;
	struct span certificate = { NULL, 0 }, cms = { NULL, 0 };
	struct sealed sealed;
	struct card *card;
	int rc = -1;

	if (card_unarmour(&certificate, &cms, file, arena, err) == -1 ||
	    certificate_parse(&seal, certificate, err) == -1 ||
	    seal_open(&sealed, cms, seal, arena, err) == -1 ||
	    card_read(&card, sealed.content, arena, err) == -1)
		goto out;
	if (!span_is_equal(card->seal, certificate)) {
		error_set(err, E_CARD, "seal: not the certificate beside it");
		goto out;
	}
	if (card->at.s != sealed.at.s) {
		error_set(err, E_CARD, "at: not the time of signing");
		goto out;
	}
	if (check_certificates(card, seal, err) == -1)
		goto out;
	card->fingerprint = digest_of(cms);
	*out = card;
	rc = 0;
out:
	certificate_free(seal);
	return rc;
}

const char *
card_fingerprint_write(const struct hash *fingerprint,
    char out[CARD_FINGERPRINT_TEXT_MAX])
{
	char digits[HASH_TEXT_MAX];
	size_t n = 0;

	hash_write(fingerprint, digits);
	for (size_t i = 0; digits[i] != '\0'; i++) {
		if (i > 0 && i % GROUP_DIGITS == 0)
			out[n++] = ' ';
		out[n++] = digits[i];
	}
	out[n] = '\0';
	return out;
}

int
card_fingerprint_parse(struct hash *out, struct span text, struct error *err)
{
	char digits[HASH_TEXT_MAX];
	struct error why;
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c == ' ' || c == ':')
			continue;
		if (n == sizeof(digits) - 1)
			return error_set(err, E_CARD_FINGERPRINT,
			    "more than 64 digits");
		if (c >= 'A' && c <= 'F')
			c = (uint8_t)(c - 'A' + 'a');
		digits[n++] = (char)c;
	}
	if (hash_parse(out, span_of(digits, n), &why) == -1)
		return error_set(err, E_CARD_FINGERPRINT, "not 64 hex digits");
	return 0;
}
