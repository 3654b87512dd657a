#include "base/utf8.h"
#include "base/error.h"

/* By the number of bytes: the first byte's mark, and the least code point. */
static const struct form {
	uint8_t mask, mark;
	uint32_t least;
} forms[] = {
	/* clang-format off */
	{ 0x80, 0x00, 0x0 },
	{ 0xe0, 0xc0, 0x80 },
	{ 0xf0, 0xe0, 0x800 },
	{ 0xf8, 0xf0, 0x10000 },
	/* clang-format on */
};

int
utf8_next(uint32_t *out, struct span *rest, struct error *err)
{
	uint32_t point;
	size_t n = 0;

	while (n < COUNT_OF(forms) &&
	    (rest->ptr[0] & forms[n].mask) != forms[n].mark)
		n++;
	if (n == COUNT_OF(forms) || rest->len < n + 1)
		return error_set(err, E_SYNTAX, "not UTF-8");
	point = rest->ptr[0] & (uint8_t)~forms[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((rest->ptr[i] & 0xc0) != 0x80)
			return error_set(err, E_SYNTAX, "not UTF-8");
		point = point << 6 | (rest->ptr[i] & 0x3f);
	}
	if (point < forms[n].least || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return error_set(err, E_SYNTAX, "not UTF-8");
	*rest = span_skip(*rest, n + 1);
	*out = point;
	return 0;
}
