#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

static const char *process_name;
static int has_detail, is_quiet;

void
log_set_name(const char *name)
{
	process_name = name;
}

void
log_set_detail(int on)
{
	has_detail = on;
}

void
log_set_quiet(int on)
{
	is_quiet = on;
}

/* Control characters would let a detail forge a line of its own. */
static void
make_printable(char *text)
{
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (is_quiet || (level == LOG_LEVEL_DETAIL && !has_detail))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	make_printable(text);
	if (!isatty(STDERR_FILENO))
		fprintf(stderr, "<%d>", (int)level);
	if (process_name != NULL)
		fprintf(stderr, "demarche[%s]: %s\n", process_name, text);
	else
		fprintf(stderr, "demarche: %s\n", text);
}

void
log_error(const char *what, const struct error *err)
{
	log_line(error_fault(err->code) == FAULT_SELF ? LOG_LEVEL_ALARM :
							LOG_LEVEL_WARNING,
	    "%s: %s (%s) [%s, %s]", what, error_text(err->code), err->detail,
	    error_name(err->code), error_fault_name(error_fault(err->code)));
}
