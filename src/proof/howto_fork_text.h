#pragma once

/*
 * howto_fork_text: the commands of HOWTO.txt for a log with two versions.
 * Private to howto.c.
 */

#define HOWTO_FORK                                                            \
	"\n# Heads $1 and $2 have one size and two roots.\n"                  \
	"is_fork() {\n"                                                       \
	"    [ \"$(line 2 \"$1\")\" = \"$(line 2 \"$2\")\" ] &&\n"            \
	"        [ \"$(line 3 \"$1\")\" != \"$(line 3 \"$2\")\" ] ||\n"       \
	"        bad 'these heads are no fork'\n"                             \
	"}\n"                                                                 \
	"\n# The file $1 begins with the line $2.\n"                          \
	"begins() { [ \"$(line 1 \"$1\")\" = \"$2\" ] || bad \"the form of "  \
	"$1\"; }\n"                                                           \
	"\n# The root in line 3 of the head $1 is not the one in line $3 of " \
	"$2.\n"                                                               \
	"not_root() {\n"                                                      \
	"    [ \"$(line 3 \"$1\")\" != \"$(line \"$3\" \"$2\")\" ] ||\n"      \
	"        bad 'these heads are no fork'\n"                             \
	"}\n"                                                                 \
	"\n# One step to both roots, $T/h and, of the smaller tree, $T/f.\n"  \
	"both() {\n"                                                          \
	"    up left \"$1\" \"$2\"\n"                                         \
	"    mv \"$T/h\" \"$T/g\"\n"                                          \
	"    mv \"$T/f\" \"$T/h\"\n"                                          \
	"    up left \"$1\" \"$2\"\n"                                         \
	"    mv \"$T/h\" \"$T/f\"\n"                                          \
	"    mv \"$T/g\" \"$T/h\"\n"                                          \
	"}\n"
