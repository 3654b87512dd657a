#pragma once

/*
 * statement_text: figures as a plain table for people: both directions side
 * by side, the parties in the order of their names, every class of the
 * counting rule, also where it is 0.
 *
 * The same bytes on both nodes, like statement_json.h; the heads stand in the
 * order of side and epoch.
 */

struct buf;
struct statement;

void statement_text_write(struct buf *out, const struct statement *statement);
