#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "domain/record.h"
#include "formats/card.h"
#include "proof/bundle.h"
#include "proof/evidence.h"
#include "proof/make.h"
#include "proof/make_files.h"
#include "proof/verify.h"
#include "proof/verify_claims.h"
#include "seal/crl.h"

/* PEM is a third longer than DER, and has two lines more. */
#define CRL_PEM_MAX (2 * CRL_SIZE_MAX)

/* All but the lists of files and what is written anew. */
static int
copy_files(struct making *m, const struct bundle *from, struct error *err)
{
	struct manifest manifest;

	if (manifest_open(&manifest, from, m->arena, err) == -1)
		return -1;
	m->manifest = manifest;
	m->manifest.files = NULL;
	m->manifest.files_n = 0;
	for (size_t i = 0; i < manifest.files_n; i++) {
		const struct proof_file_row *row = &manifest.files[i];
		struct span name =
		    span_text(manifest_file_name(&manifest, row, m->arena));

		if (row->use != USE_HOWTO &&
		    making_add_file(m, row->use, row->side, row->n,
			bundle_find(from, name)->bytes, err) == -1)
			return -1;
	}
	return 0;
}

/* Whose certificates the issuer of the list stands above. */
static int
find_side(const struct evidence *ev, const struct crl *crl, unsigned *side,
    struct error *err)
{
	int rc = -1;

	for (*side = 0; rc == -1 && *side < 2; (*side)++)
		rc = crl_check_issuer(crl, ev->cards[*side]->anchors,
		    ev->cards[*side]->anchors_n, err);
	(*side)--;
	return rc;
}

/* A record whose seal it can speak of. */
static int
check_time(const struct evidence *ev, const struct crl *crl, unsigned side,
    struct error *err)
{
	char first[INSTANT_TEXT_MAX], last[INSTANT_TEXT_MAX];

	for (size_t i = 0; i < ev->records_n; i++)
		if (ev->records[i].side == side && ev->records[i].is_issued &&
		    ev->records[i].record != NULL &&
		    crl_is_of_time(crl, ev->records[i].record->at))
			return 0;
	return error_set(err, E_CRL,
	    "it is good from %s until %s; no record shown is of that time",
	    instant_write(crl_this_update(crl), first),
	    instant_write(crl_next_update(crl), last));
}

static int
add_list(struct making *m, const struct evidence *ev, struct span der,
    struct error *err)
{
	struct proof_file_row row = { .use = USE_CRL, .n = 1 };
	struct crl *crl = NULL;
	struct buf pem;
	int rc = -1;

	buf_init(&pem, CRL_PEM_MAX);
	if (crl_parse(&crl, der, err) == -1 ||
	    find_side(ev, crl, &row.side, err) == -1 ||
	    check_time(ev, crl, row.side, err) == -1)
		goto out;
	while (bundle_find(m->bundle,
		   span_text(manifest_file_name(&m->manifest, &row,
		       m->arena))) != NULL)
		row.n++;
	crl_write(&pem, crl);
	rc = making_add_file(m, row.use, row.side, row.n,
	    arena_copy(m->arena, buf_span(&pem)), err);
out:
	buf_clear(&pem);
	crl_free(crl);
	return rc;
}

/* What was proven without the lists and is not with them is not claimed. */
static int
check_claims(const struct evidence *before, const struct evidence *ev,
    struct error *err)
{
	for (size_t i = 0; i < ev->manifest->claims_n; i++) {
		struct proof_line was = { .why = "" }, is = { .why = "" };

		verify_claim(&was, before, i, ev->arena);
		verify_claim(&is, ev, i, ev->arena);
		if (is.verdict != was.verdict)
			return error_set(err, E_BUNDLE_CLAIM, "%s: %s",
			    proof_claim_name(is.claim), is.why);
	}
	return 0;
}

int
proof_add_crls(struct bundle *out, const struct bundle *bundle,
    const struct span *crls, size_t n, struct arena *arena, struct error *err)
{
	struct making *m = arena_alloc(arena, sizeof(*m));
	struct evidence *before = arena_alloc(arena, sizeof(*before));
	struct evidence *ev = arena_alloc(arena, sizeof(*ev));
	int rc = -1;

	*m = (struct making){ .arena = arena, .bundle = out };
	bundle_init(out, arena);
	if (copy_files(m, bundle, err) == -1 ||
	    evidence_open(before, out, &m->manifest, arena, err) == -1)
		goto out;
	for (size_t i = 0; i < n; i++)
		if (add_list(m, before, crls[i], err) == -1)
			goto out;
	if (evidence_open(ev, out, &m->manifest, arena, err) == -1 ||
	    check_claims(before, ev, err) == -1 || making_end(m, ev, err) == -1)
		goto out;
	rc = 0;
out:
	evidence_close(ev);
	evidence_close(before);
	return rc;
}
