#pragma once

/*
 * local: a struct signer whose keeper is in the same process.
 */

#include "base/instant.h"
#include "keeper/signer.h"

struct keeper;

struct keeper_local {
	struct keeper *keeper;
	struct instant (*now)(void *ctx);
	void *ctx;
};

/* Owns: ${local} and its keeper are the caller's and outlive the signer. */
struct signer keeper_signer(struct keeper_local *local);
