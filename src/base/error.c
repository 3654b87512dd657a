#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#undef error_set

int
error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->detail, sizeof(err->detail), fmt, ap);
	va_end(ap);
	return -1;
}

const char *
error_text(enum error_code code)
{
	switch (code) {
#define ERROR(code, number, http, fault, name, text) \
	case code:                                   \
		return text;
#include "base/errors.def"
#undef ERROR
	}
	return "unknown error";
}

const char *
error_name(enum error_code code)
{
	switch (code) {
#define ERROR(code, number, http, fault, name, text) \
	case code:                                   \
		return name;
#include "base/errors.def"
#undef ERROR
	}
	return "unknown";
}

enum fault
error_fault(enum error_code code)
{
	switch (code) {
#define ERROR(code, number, http, fault, name, text) \
	case code:                                   \
		return fault;
#include "base/errors.def"
#undef ERROR
	}
	return FAULT_SELF;
}

int
error_http(enum error_code code)
{
	switch (code) {
#define ERROR(code, number, http, fault, name, text) \
	case code:                                   \
		return http;
#include "base/errors.def"
#undef ERROR
	}
	return 500;
}

const char *
error_fault_name(enum fault fault)
{
	switch (fault) {
	case FAULT_NONE:
		return "nobody";
	case FAULT_SELF:
		return "this program";
	case FAULT_PEER:
		return "the other node";
	case FAULT_OPERATOR:
		return "the operator";
	case FAULT_ENVIRONMENT:
		return "the machine or network";
	}
	return "unknown";
}

enum error_code
error_of_number(int number)
{
	switch (number) {
#define ERROR(code, number, http, fault, name, text) \
	case number:                                 \
		return code;
#include "base/errors.def"
#undef ERROR
	default:
		return E_NONE;
	}
}

enum error_code
error_of_name(const char *name)
{
	static const struct {
		const char *name;
		enum error_code code;
	} names[] = {
#define ERROR(code, number, http, fault, name, text) { name, code },
#include "base/errors.def"
#undef ERROR
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].code;
	return E_NONE;
}
