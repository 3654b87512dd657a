#pragma once

/*
 * howto: HOWTO.txt, the commands by which a bundle is checked without this
 * program: sh, openssl 3.0 and coreutils.  Private to proof/.
 *
 * It is a shell script: every line that is no comment is a command, and "sh
 * HOWTO.txt" in the bundle's directory runs the whole check and prints OK
 * lines.  The same evidence gives the same text.
 */

struct buf;
struct evidence;

void howto_write(struct buf *out, const struct evidence *evidence);
