#pragma once

/*
 * reply: what the node answered, read for printing.
 *
 * What is not there, or is of another type, is printed as nothing: a newer
 * node may say more or less than this command knows.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "formats/json.h"

/* Values of a list in an answer. */
#define REPLY_LIST_MAX ((size_t)100000)

/* Bytes of a text in an answer. */
#define REPLY_TEXT_MAX ((size_t)16 << 20)

/* Whom to blame when the answer cannot be read at all. */
#define REPLY_BLAME E_PROC_MESSAGE

/* ${reply} as a reader; one of nothing if it is no object. */
struct json_reader reply_of(const struct json *reply);

struct span reply_text(const struct json_reader *in, const char *name);
int64_t reply_integer(const struct json_reader *in, const char *name);
bool reply_flag(const struct json_reader *in, const char *name);
struct json_reader reply_object(const struct json_reader *in, const char *name);
struct json_list reply_list(const struct json_reader *in, const char *name);
struct json_reader reply_item(const struct json_list *list, size_t i);

/* Text ${i} of a list; empty if it is none. */
struct span reply_item_text(const struct json_list *list, size_t i);

/* The first digits of a name, as people see it. */
struct span reply_short(const struct json_reader *in, const char *name);
