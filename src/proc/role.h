#pragma once

/*
 * role: the processes of a node.  One binary; each runs as one of these.
 */

#include <stdbool.h>

#include "base/attr.h"

struct error;

enum role {
	ROLE_SUPERVISOR, /* starts, restarts and stops the rest */
	ROLE_KEEPER,     /* holds the private keys and signs */
	ROLE_REGISTRAR,  /* holds the database; the single writer */
	ROLE_GATE,       /* the peers' TLS server */
	ROLE_COURIER,    /* the TLS client */
	ROLE_DESK,       /* the operators' API and page */
	ROLE_COUNT,
};

/* Sets of roles. */
enum roles {
	ROLES_SUPERVISOR = 1 << ROLE_SUPERVISOR,
	ROLES_KEEPER = 1 << ROLE_KEEPER,
	ROLES_REGISTRAR = 1 << ROLE_REGISTRAR,
	ROLES_GATE = 1 << ROLE_GATE,
	ROLES_COURIER = 1 << ROLE_COURIER,
	ROLES_DESK = 1 << ROLE_DESK,
	ROLES_CHILDREN = ROLES_KEEPER | ROLES_REGISTRAR | ROLES_GATE |
	    ROLES_COURIER | ROLES_DESK,
	ROLES_KEEPER_ASKERS = ROLES_REGISTRAR | ROLES_DESK,
};

/* "keeper"; never NULL. */
const char *role_name(enum role role);

/* Fails: E_USAGE if no role is named so. */
NODISCARD int role_parse(enum role *out, const char *name, struct error *err);

bool role_is_in(enum role role, unsigned int roles);
