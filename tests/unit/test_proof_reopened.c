/*
 * Bundles of dockets whose logs have several epochs.
 */

#include <string.h>

#include "base/arena.h"
#include "proof/manifest.h"
#include "tests/support/openssl.h"
#include "tests/support/prooflab.h"
#include "tests/support/storelab.h"
#include "tests/tap.h"

static struct prooflab lab;
static struct proof_trust trust;

/* Both begin another log, and talk. */
static void
reopen_both(void)
{
	two_later(&lab.two, 60);
	two_reopen_asked(lab.south, lab.north);
	check(two_talk(&lab.two));
	two_later(&lab.two, 60);
	two_reopen_asked(lab.north, lab.south);
	check(two_talk(&lab.two));
}

static void
open_reopened(void)
{
	prooflab_open(&lab);
	trust = prooflab_trust(&lab);
	reopen_both();
}

/* Everything claimed is proven, here and by the commands. */
static void
check_proven(const struct proof_order *order, size_t least)
{
	struct proof_report report;
	struct bundle bundle;
	const char *said;

	prooflab_make(&lab, order, &bundle);
	prooflab_verify(&lab, &bundle, &trust, &report);
	check(report.n >= least);
	for (size_t i = 0; i < report.n; i++)
		if (!check_int(report.lines[i].verdict, PROOF_PROVEN))
			tap_note("%s: %s", report.lines[i].text,
			    report.lines[i].why);
	if (openssl_is_here() &&
	    !check_int(prooflab_howto(&lab, &bundle, &said), 0))
		tap_note("%s", said);
}

TEST(a_record_of_the_log_before_is_proven_still)
{
	struct proof_order order;

	open_reopened();
	order = prooflab_order(&lab, 0);
	order.is_case = true;
	check_proven(&order, 1);
	prooflab_close(&lab);
}

TEST(a_reaction_in_another_epoch_is_proven)
{
	struct proof_order order;

	open_reopened();
	prooflab_react(&lab, KIND_ACKNOWLEDGEMENT);
	reopen_both();
	prooflab_react(&lab, KIND_RESULT);
	order = prooflab_order(&lab, 0);
	order.is_case = true;
	check_proven(&order, 5);
	prooflab_close(&lab);
}

TEST(silence_over_several_epochs_is_proven)
{
	struct proof_order order;

	open_reopened();
	reopen_both();
	two_later(&lab.two, 86400);
	two_lodge(lab.south, lab.north, KIND_REPORT, NULL);
	check(two_talk(&lab.two));
	order = prooflab_order(&lab, 1u << PROOF_NO_REACTION);
	order.has_until = true;
	order.until = instant_of(TWO_BEGIN_S + 86400);
	check_proven(&order, 1);
	prooflab_close(&lab);
}

TEST(a_record_of_the_next_log_is_proven_with_its_age)
{
	struct proof_order order;

	open_reopened();
	two_later(&lab.two, 100);
	two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	check(two_talk(&lab.two));
	two_later(&lab.two, 100);
	order = prooflab_order(&lab, 0);
	order.record = two_lodge(lab.north, lab.south, KIND_REQUEST, NULL);
	check(two_talk(&lab.two));
	check_proven(&order, 2);
	prooflab_close(&lab);
}
