#pragma once

/*
 * Errors.
 *
 * A function that can fail returns int: 0, or -1 with *err filled in.  There
 * is no third value and no thread-local state.  ${err} is never NULL and is
 * left alone on success.
 */

#include "base/attr.h"

/* Who has to act.  Peers do not trust each other: the record must say. */
enum fault {
	FAULT_NONE,
	FAULT_SELF,        /* a bug here */
	FAULT_PEER,        /* the counterparty broke the protocol */
	FAULT_OPERATOR,    /* configuration, keys, a person's mistake */
	FAULT_ENVIRONMENT, /* disk, memory, network, database; may pass */
};

enum error_code {
#define ERROR(code, number, http, fault, name, text) code = (number),
#include "base/errors.def"
#undef ERROR
};

struct error {
	enum error_code code;
	char detail[240]; /* one line for the operator; never sent to a peer */
};

/*
 * Record ${code} and a printf-style detail in ${err}, cutting the detail to
 * fit.  Always returns -1, so that a function with nothing to clean up can
 * end with "return error_set(...)".
 */
int error_set(struct error *err, enum error_code code, const char *fmt, ...)
    PRINTF(3, 4);

/* An analyser sees one file at a time, and not what error.c returns. */
#ifdef __clang_analyzer__
#define error_set(...) ((error_set)(__VA_ARGS__), -1)
#endif

/* What errors.def says of ${code}. */
const char *error_text(enum error_code code);
const char *error_name(enum error_code code); /* "seal-signers" */
enum fault error_fault(enum error_code code);
const char *error_fault_name(enum fault fault);
int error_http(enum error_code code);

/* The code numbered or named so; E_NONE if there is none. */
enum error_code error_of_number(int number);
enum error_code error_of_name(const char *name);
