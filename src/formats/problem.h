#pragma once

/*
 * problem: an error as an HTTP answer, RFC 9457 problem details.
 *
 * {"fault":"peer","status":409,"title":"...","type":"tag:..."}: the type is
 * a tag URI (RFC 4151) that ends in the error's name and leads nowhere.  The
 * fault is that of who reads it ("peer"), of who wrote it ("self"), of its
 * "operator" or "environment".
 */

#include <stdbool.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/span.h"

struct buf;

#define PROBLEM_MEDIA_TYPE "application/problem+json"
#define PROBLEM_TAG "tag:demarche,2026:error/"
#define PROBLEM_MAX ((size_t)4096) /* bytes of an answer that is read */

/*
 * Write ${what}.  Its detail goes only to our own operators, when
 * ${with_detail}: it may name files and what other parties did.
 */
void problem_write(struct buf *out, const struct error *what, bool with_detail);

/*
 * The code in a peer's answer; E_NONE if it is none that we know.
 *
 * Fails: E_HTTP if ${content} is not a problem at all.
 */
NODISCARD int problem_read(enum error_code *out, struct span content,
    struct error *err);
