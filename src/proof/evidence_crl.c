#include "base/arena.h"
#include "base/buf.h"
#include "domain/record.h"
#include "formats/card.h"
#include "proof/evidence.h"
#include "proof/evidence_parts.h"
#include "proof/manifest.h"
#include "seal/certificate.h"

/* PEM is a third longer than DER, and has two lines more. */
#define CRL_PEM_MAX (2 * CRL_SIZE_MAX)

/* In the one form, and issued by one of those above the card's seal. */
static int
open_list(struct evidence *ev, const struct proof_file_row *row,
    struct error *err)
{
	const struct card *card = ev->cards[row->side];
	struct evidence_crl *out = &ev->crls[ev->crls_n];
	struct span file = evidence_bytes(ev, row), der;
	struct error why;
	struct buf again;
	bool is_same;

	if (ev->crls_n == CRLS_MAX)
		return evidence_bad(ev, row, "too many lists", err);
	*out = (struct evidence_crl){ .side = row->side, .n = row->n };
	if (crl_read(&der, file, ev->arena, &why) == -1 ||
	    crl_parse(&out->crl, der, &why) == -1)
		return evidence_bad(ev, row, error_text(why.code), err);
	ev->crls_n++;
	buf_init(&again, CRL_PEM_MAX);
	crl_write(&again, out->crl);
	is_same = span_is_equal(buf_span(&again), file);
	buf_clear(&again);
	if (!is_same)
		return evidence_bad(ev, row, "not in its form", err);
	if (crl_check_issuer(out->crl, card->anchors, card->anchors_n, &why) ==
	    -1)
		return evidence_bad(ev, row, why.detail, err);
	return 0;
}

int
evidence_open_crls(struct evidence *ev, struct error *err)
{
	const struct manifest *m = ev->manifest;

	ev->crls = arena_array(ev->arena, CRLS_MAX, sizeof(*ev->crls));
	for (size_t i = 0; i < m->files_n; i++)
		if (m->files[i].use == USE_CRL &&
		    open_list(ev, &m->files[i], err) == -1)
			return -1;
	return 0;
}

/* Those of the party and of the time; a bit for each. */
static uint64_t
lists_of(struct evidence *ev, unsigned side, struct instant at)
{
	uint64_t set = 0;

	_Static_assert(CRLS_MAX <= 64, "a bit for each");
	for (size_t i = 0; i < ev->crls_n; i++) {
		if (ev->crls[i].side != side ||
		    !crl_is_of_time(ev->crls[i].crl, at))
			continue;
		ev->crls[i].is_used = true;
		set |= (uint64_t)1 << i;
	}
	return set;
}

/*
 * What the lists say of the certificate of the card: of another, which a
 * credential brings, nobody but its party says anything.  The same lists say
 * the same, so many records cost one look.
 */
int
evidence_judge_crls(struct evidence *ev, struct evidence_record *entry,
    struct instant at, struct error *err)
{
	const struct evidence_seal *seal = &ev->seals[entry->side][entry->seal];
	const struct card *card = ev->cards[entry->side];
	const struct crl *lists[CRLS_MAX];
	struct evidence_told *told = &ev->told[entry->side];
	uint64_t set;
	size_t n = 0;

	if (seal->from > 0 || card->anchors_n == 0)
		return 0;
	entry->is_issued = true;
	set = lists_of(ev, entry->side, at);
	if (set == 0)
		return 0;
	if (set != told->set) {
		for (size_t i = 0; i < ev->crls_n; i++)
			if ((set >> i & 1) != 0)
				lists[n++] = ev->crls[i].crl;
		if (crl_judge(&told->revocation, seal->certificate,
			card->anchors, card->anchors_n, lists, n, at,
			err) == -1)
			return -1;
		told->set = set;
	}
	entry->revocation = told->revocation;
	return 0;
}

int
evidence_check_crls(const struct evidence *ev, struct error *err)
{
	for (size_t i = 0; i < ev->crls_n; i++) {
		struct proof_file_row row = { .use = USE_CRL,
			.side = ev->crls[i].side,
			.n = ev->crls[i].n };

		if (!ev->crls[i].is_used)
			return evidence_bad(ev, &row,
			    "no record shown is of its time", err);
	}
	return 0;
}
