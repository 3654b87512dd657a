#pragma once

/*
 * statement_json: figures as canonical JSON (RFC 8785).
 *
 * Both nodes get the same bytes from the same heads, instant and rule: that
 * is what two parties sign.  The heads stand in the order of side and epoch.
 */

struct buf;
struct statement;

void statement_json_write(struct buf *out, const struct statement *statement);
