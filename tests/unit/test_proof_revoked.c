#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "formats/card.h"
#include "proof/manifest.h"
#include "seal/certificate.h"
#include "seal/crl.h"
#include "tests/support/authority.h"
#include "tests/support/openssl.h"
#include "tests/support/prooflab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

#define DAY_S ((int64_t)86400)

/* Each flip costs a whole verification; lists and anchors have every byte
 * flipped, cards and seals, which others flip too, one in so many. */
#define FLIP_STEP 7

static struct prooflab lab;
static struct authority *root, *middle, *stranger;
static struct authority_seal seal;

static struct instant
day(int64_t n)
{
	return instant_of(TWO_BEGIN_S + n * DAY_S);
}

/* North's seal is issued by an authority below a root. */
static void
open_issued(struct bundle *bundle, struct proof_trust *trust)
{
	const struct authority *above[2];
	struct proof_order order;

	root = authority_new("Root", NULL, day(-900), day(900));
	middle = authority_new("Seals", root, day(-500), day(500));
	stranger = authority_new("Seals", root, day(-500), day(500));
	above[0] = middle;
	above[1] = root;
	authority_issue(&seal, "cert.north.example", above, 2, day(-10),
	    day(400));
	prooflab_open_issued(&lab, &seal);
	*trust = prooflab_trust(&lab);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	prooflab_make(&lab, &order, bundle);
}

static void
close_issued(void)
{
	prooflab_close(&lab);
	authority_seal_clear(&seal);
	authority_free(root);
	authority_free(middle);
	authority_free(stranger);
}

/* A list by ${by} from ${from} until ${until}; ${revoked} may be NULL. */
static struct span
list_of(const struct authority *by, int64_t from, int64_t until,
    const struct span *revoked, int64_t since)
{
	struct span made = authority_list(by, day(from), day(until), revoked,
	    revoked == NULL ? 0 : 1, day(since));
	struct span kept = arena_copy(lab.arena, made);

	free((void *)(uintptr_t)made.ptr);
	return kept;
}

static void
add_lists(struct bundle *out, const struct bundle *bundle,
    const struct span *lists, size_t n)
{
	struct error err;

	two_must(proof_add_crls(out, bundle, lists, n, lab.arena, &err), &err,
	    "lists");
}

static const struct proof_line *
only_line(const struct bundle *bundle, const struct proof_trust *trust,
    struct proof_report *report)
{
	prooflab_verify(&lab, bundle, trust, report);
	if (!check_size(report->n, 1))
		mem_die("not one claim");
	tap_note("%s; %s; %s", proof_verdict_name(report->lines[0].verdict),
	    report->lines[0].why, report->lines[0].rests);
	return &report->lines[0];
}

TEST(without_a_list_it_is_said_that_none_was_shown)
{
	const struct proof_line *line;
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle;
	const char *said;

	open_issued(&bundle, &trust);
	line = only_line(&bundle, &trust, &report);
	check_int(line->verdict, PROOF_PROVEN);
	check(strstr(line->rests, "no list of revoked certificates") != NULL);
	check(bundle_find(&bundle,
		  span_text("anchors-cert.north.example.pem")) != NULL);
	if (openssl_is_here())
		check_int(prooflab_howto(&lab, &bundle, &said), 0);
	close_issued();
}

TEST(a_list_that_does_not_have_it_is_named)
{
	const struct proof_line *line;
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, one, two;
	struct span lists[2];
	const char *said;

	open_issued(&bundle, &trust);
	lists[0] = list_of(middle, -2, 5, NULL, 0);
	lists[1] = list_of(root, -1, 5, NULL, 0);
	add_lists(&one, &bundle, lists, 1);
	line = only_line(&one, &trust, &report);
	check_int(line->verdict, PROOF_PROVEN);
	check(strstr(line->rests, "CN = Seals, 2026-11-20T10:00:00Z") != NULL);
	check(strstr(line->rests, "authorities above") != NULL);
	add_lists(&two, &bundle, lists, 2);
	line = only_line(&two, &trust, &report);
	check_int(line->verdict, PROOF_PROVEN);
	check(strstr(line->rests, "authorities above") == NULL);
	check_size(report.notes_n, 1); /* an exercise: the HOWTO is ours */
	if (openssl_is_here()) {
		check_int(prooflab_howto(&lab, &one, &said), 0);
		check_int(prooflab_howto(&lab, &two, &said), 0);
	}
	close_issued();
}

/* With a file more, listed, as a forger or another program would. */
static void
put_list(struct bundle *out, const struct bundle *bundle, struct span der)
{
	struct proof_file_row row = { .use = USE_CRL, .n = 1 };
	struct crl *crl;
	struct error err;
	struct buf pem;

	two_must(crl_parse(&crl, der, &err), &err, "list");
	buf_init(&pem, CRL_FILE_MAX);
	crl_write(&pem, crl);
	prooflab_add_file(&lab, out, bundle, &row,
	    arena_copy(lab.arena, buf_span(&pem)));
	buf_clear(&pem);
	crl_free(crl);
}

TEST(a_seal_made_after_it_was_revoked_proves_nothing)
{
	const struct proof_line *line;
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, with;
	struct span list;
	struct error err;

	open_issued(&bundle, &trust);
	list = list_of(middle, -1, 5, &seal.certificate, -3);
	check(proof_add_crls(&with, &bundle, &list, 1, lab.arena, &err) == -1);
	check_int(err.code, E_BUNDLE_CLAIM);
	put_list(&with, &bundle, list);
	line = only_line(&with, &trust, &report);
	check_int(line->verdict, PROOF_NOT_PROVEN);
	check(strstr(line->why, "since 2026-11-19T10:00:00Z") != NULL);
	check_int(proof_report_status(&report), PROOF_EXIT_NOT_PROVEN);
	close_issued();
}

TEST(an_authority_that_was_revoked_is_as_bad)
{
	const struct proof_line *line;
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, with, both;
	struct span lists[2], above;
	struct error err;

	open_issued(&bundle, &trust);
	above = authority_certificate(middle);
	lists[0] = list_of(middle, -1, 5, NULL, 0);
	lists[1] = list_of(root, -1, 5, &above, -3);
	check(proof_add_crls(&both, &bundle, lists, 2, lab.arena, &err) == -1);
	check_int(err.code, E_BUNDLE_CLAIM);
	put_list(&with, &bundle, lists[1]);
	line = only_line(&with, &trust, &report);
	check_int(line->verdict, PROOF_NOT_PROVEN);
	close_issued();
}

TEST(a_list_must_be_of_the_issuer_and_of_the_time)
{
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, with;
	struct span lists[5];
	struct error err;
	size_t n = 0;

	open_issued(&bundle, &trust);
	/* another key of the same name; over; not begun; a key of nobody's */
	lists[n++] = list_of(stranger, -1, 5, NULL, 0);
	lists[n++] = list_of(middle, -5, 0, NULL, 0);
	lists[n++] = list_of(middle, 1, 5, NULL, 0);
	lists[n++] = list_of(stranger, -1, 5, &seal.certificate, -3);
	for (size_t i = 0; i < n; i++) {
		check(proof_add_crls(&with, &bundle, &lists[i], 1, lab.arena,
			  &err) == -1);
		check_int(err.code, E_CRL);
		tap_note("%s", err.detail);
		put_list(&with, &bundle, lists[i]);
		check(proof_verify(&with, &trust, &report, lab.arena, &err) ==
		    -1);
		check_int(err.code, E_BUNDLE);
	}
	close_issued();
}

TEST(a_list_has_one_form_in_a_bundle)
{
	struct proof_file_row row = { .use = USE_CRL, .n = 1 };
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, with;
	struct span list, pem;
	struct error err;

	open_issued(&bundle, &trust);
	list = list_of(middle, -1, 5, NULL, 0);
	put_list(&with, &bundle, list);
	check_int(only_line(&with, &trust, &report)->verdict, PROOF_PROVEN);
	pem = prooflab_file(&with, "crl-cert.north.example-1.pem")->bytes;
	prooflab_add_file(&lab, &with, &bundle, &row,
	    span_text(arena_printf(lab.arena, "Read this.\n%.*s", (int)pem.len,
		(const char *)pem.ptr)));
	check(proof_verify(&with, &trust, &report, lab.arena, &err) == -1);
	check_int(err.code, E_BUNDLE);
	prooflab_add_file(&lab, &with, &bundle, &row, list);
	check(proof_verify(&with, &trust, &report, lab.arena, &err) == -1);
	check_int(err.code, E_BUNDLE);
	close_issued();
}

TEST(a_list_for_a_seal_of_one_s_own_is_none)
{
	struct proof_trust trust;
	struct proof_report report;
	struct proof_order order;
	struct bundle bundle, with;
	struct span list;
	struct error err;

	root = authority_new("Root", NULL, day(-900), day(900));
	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	order = prooflab_order(&lab, 1u << PROOF_TAKEN);
	prooflab_make(&lab, &order, &bundle);
	list = list_of(root, -1, 5, NULL, 0);
	check(proof_add_crls(&with, &bundle, &list, 1, lab.arena, &err) == -1);
	check_int(err.code, E_CRL);
	put_list(&with, &bundle, list);
	check(proof_verify(&with, &trust, &report, lab.arena, &err) == -1);
	check_int(err.code, E_BUNDLE);
	check_int(only_line(&bundle, &trust, &report)->verdict, PROOF_PROVEN);
	check(strstr(report.lines[0].rests, "revoked") == NULL);
	prooflab_close(&lab);
	authority_free(root);
}

TEST(a_list_too_large_or_none_at_all_is_refused)
{
	uint8_t *large = mem_new(CRL_SIZE_MAX + 1);
	struct crl *crl;
	struct error err;
	struct arena *arena = arena_new();
	struct span der;

	check(crl_parse(&crl, span_of(large, CRL_SIZE_MAX + 1), &err) == -1);
	check_int(err.code, E_CRL);
	check(crl_parse(&crl, span_of(large, 100), &err) == -1);
	check_int(err.code, E_CRL);
	check(crl_parse(&crl, span_of(NULL, 0), &err) == -1);
	check_int(err.code, E_CRL);
	check(crl_read(&der, span_of(large, 0), arena, &err) == -1);
	check_int(err.code, E_CRL);
	check(crl_read(&der, span_text("-----BEGIN X509 CRL-----\nMII\n"),
		  arena, &err) == -1);
	check_int(err.code, E_CRL);
	free(large);
	arena_free(arena);
}

TEST(a_list_cut_or_lengthened_is_refused)
{
	struct authority *by = authority_new("Root", NULL, day(-9), day(9));
	struct span der = authority_list(by, day(-1), day(1), NULL, 0, day(0));
	uint8_t *more = mem_new(der.len + 1);
	struct crl *crl;
	struct error err;

	memcpy(more, der.ptr, der.len);
	for (size_t len = 0; len <= der.len + 1; len++) {
		int rc = crl_parse(&crl, span_of(more, len), &err);

		check(rc == (len == der.len ? 0 : -1));
		if (rc == 0)
			crl_free(crl);
		else
			check_int(err.code, E_CRL);
	}
	free(more);
	free((void *)(uintptr_t)der.ptr);
	authority_free(by);
}

/* Is the claim still proven, resting on the same? */
static bool
says_the_same(const struct bundle *bundle, const struct proof_trust *trust,
    const struct proof_line *before)
{
	struct arena *arena = arena_new();
	struct proof_report report;
	struct error err;
	bool is_same = false;

	if (proof_verify(bundle, trust, &report, arena, &err) == 0)
		is_same = report.n == 1 &&
		    report.lines[0].verdict == PROOF_PROVEN &&
		    strcmp(report.lines[0].rests, before->rests) == 0;
	arena_free(arena);
	return is_same;
}

TEST(no_byte_of_chain_and_lists_can_be_flipped_even_with_new_digests)
{
	const struct proof_line *line;
	struct proof_trust trust;
	struct proof_report report;
	struct bundle bundle, with;
	struct span lists[2], own = { NULL, 0 };
	unsigned survived = 0, looked = 0;

	open_issued(&bundle, &trust);
	own = seal.certificate;
	lists[0] = list_of(middle, -2, 5, NULL, 0);
	lists[1] = list_of(root, -1, 5, &own, -1);
	add_lists(&with, &bundle, lists, 2);
	line = only_line(&with, &trust, &report);
	for (size_t i = 0; i < with.n; i++) {
		struct bundle_file *file = &with.files[i];
		size_t step;

		if (!span_has_prefix(file->name, span_text("crl-")) &&
		    !span_has_prefix(file->name, span_text("anchors-")) &&
		    !span_has_prefix(file->name, span_text("card-")) &&
		    !span_has_prefix(file->name, span_text("seal-")))
			continue;
		looked++;
		step = span_has_prefix(file->name, span_text("crl-")) ||
			span_has_prefix(file->name, span_text("anchors-")) ?
		    1 :
		    FLIP_STEP;
		for (size_t at = i % step; at < file->bytes.len; at += step) {
			struct prooflab scratch = { .arena = arena_new() };
			struct span bytes =
			    arena_copy(scratch.arena, file->bytes);
			struct bundle spoilt, listed;

			((uint8_t *)(uintptr_t)bytes.ptr)[at] ^=
			    (uint8_t)(1u << (at % 8));
			prooflab_swap(&scratch, &spoilt, &with, file->name,
			    bytes);
			if (says_the_same(&spoilt, &trust, line))
				survived++;
			prooflab_list(&scratch, &listed, &spoilt, NULL, NULL);
			if (says_the_same(&listed, &trust, line) &&
			    survived++ < 10)
				tap_note("byte %zu of %.*s", at,
				    (int)file->name.len,
				    (const char *)file->name.ptr);
			arena_free(scratch.arena);
		}
	}
	check_int(looked, 7);
	check_int(survived, 0);
	close_issued();
}

TEST(an_authority_that_ends_before_the_certificate_vouches_for_nothing)
{
	static const struct {
		int64_t from, until;
		enum error_code want;
	} times[] = {
		{ -20, 500, E_NONE },
		{ -20, 400, E_NONE },
		{ -20, 399, E_CERTIFICATE },
		{ -20, 5, E_CERTIFICATE },
		{ -5, 500, E_CERTIFICATE },
	};

	for (size_t i = 0; i < COUNT_OF(times); i++) {
		struct authority *by = authority_new("Root", NULL,
		    day(times[i].from), day(times[i].until));
		const struct authority *above[] = { by };
		struct certificate *certificate;
		struct error err;
		int rc;

		authority_issue(&seal, "cert.north.example", above, 1, day(-10),
		    day(400));
		require(certificate_parse(&certificate, seal.certificate,
			    &err) == 0);
		rc = certificate_check_sealing(certificate, seal.above,
		    seal.above_n, day(0), &err);
		check_int(rc == 0 ? E_NONE : err.code, times[i].want);
		certificate_free(certificate);
		authority_seal_clear(&seal);
		authority_free(by);
	}
}
