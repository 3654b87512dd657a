#pragma once

/*
 * schema: the tables, as the steps by which they came about.  Private to
 * store/.
 */

#include "base/attr.h"
#include "store/store.h"

struct error;

/* What PRAGMA application_id says of our databases: "DMRC". */
#define SCHEMA_APPLICATION_ID 0x444d5243

/* The version that this program makes and reads. */
int schema_version(void);

/*
 * See that the database is ours and of that version; make or migrate it
 * if ${mode} allows, each step in a transaction.
 *
 * Fails: E_STORE_SCHEMA; E_STORE if it is to be made and is there.
 */
NODISCARD int schema_settle(struct store *store, enum store_mode mode,
    struct error *err);
