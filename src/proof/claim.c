#include "proof/claim.h"
#include "base/error.h"

const char *
proof_claim_name(enum proof_claim claim)
{
	switch (claim) {
	case PROOF_TAKEN:
		return "taken";
	case PROOF_RECORD:
		return "record";
	case PROOF_REACTED:
		return "reacted";
	case PROOF_NO_REACTION:
		return "no-reaction";
	case PROOF_NOT_EARLIER:
		return "not-earlier";
	case PROOF_FORK:
		return "fork";
	case PROOF_CLAIM_COUNT:
		break;
	}
	return "?";
}

int
proof_claim_find(enum proof_claim *out, struct span name, struct error *err)
{
	for (enum proof_claim c = 0; c < PROOF_CLAIM_COUNT; c++) {
		if (span_is_text(name, proof_claim_name(c))) {
			*out = c;
			return 0;
		}
	}
	return error_set(err, E_BUNDLE_CLAIM, "no claim of that name");
}

const char *
proof_verdict_name(enum proof_verdict verdict)
{
	switch (verdict) {
	case PROOF_PROVEN:
		return "PROVEN";
	case PROOF_PROVEN_IF:
		return "PROVEN IF";
	case PROOF_NOT_PROVEN:
		return "NOT PROVEN";
	case PROOF_REFUTED:
		return "REFUTED";
	}
	return "?";
}
