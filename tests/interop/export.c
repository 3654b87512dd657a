/*
 * export: our side of tests/interop/run.  Each command says in its own file
 * what it does; shelf.h says what is in DIR.
 *
 *	export write DIR
 *	export check DIR
 *	export vkey NAME BASE64
 *	export request DIR OLD SIZE good|fork|proof|note
 *	export cosigned DIR SIZE VKEY LINES
 *	export known FILE
 */

#include <err.h>
#include <string.h>

#include "base/attr.h"
#include "tests/interop/shelf.h"

static const struct {
	const char *name;
	int (*run)(char *argv[]);
	int arguments;
} commands[] = {
	/* clang-format off */
	{ "write",	export_write,		1 },
	{ "check",	export_check,		1 },
	{ "vkey",	export_vkey,		2 },
	{ "request",	export_request,		4 },
	{ "cosigned",	export_cosigned,	4 },
	{ "known",	export_known,		1 },
	/* clang-format on */
};

int
main(int argc, char *argv[])
{
	for (size_t i = 0; argc > 1 && i < COUNT_OF(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0 &&
		    argc == commands[i].arguments + 2)
			return commands[i].run(argv + 2);
	errx(2, "usage: see the head of tests/interop/export.c");
}
