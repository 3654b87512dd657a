#pragma once

/*
 * crl_parts: a list as libcrypto has it.  Not for other modules.
 */

#include <openssl/x509.h>

#include "base/instant.h"

struct crl {
	X509_CRL *list;
	struct instant this_update, next_update;
	char *issuer;
};
