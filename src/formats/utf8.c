#include "formats/utf8.h"

#define SURROGATE_FIRST 0xd800
#define SURROGATE_LAST 0xdfff
#define CODE_POINT_LAST 0x10ffff

/* By length: bits of the first byte, and the least code point allowed. */
static const struct shape {
	uint8_t mask, lead;
	uint32_t least;
} shapes[] = {
	/* clang-format off */
	{ 0x80, 0x00, 0 },
	{ 0xe0, 0xc0, 0x80 },
	{ 0xf0, 0xe0, 0x800 },
	{ 0xf8, 0xf0, 0x10000 },
	/* clang-format on */
};

#define LEN_MAX (sizeof(shapes) / sizeof(shapes[0]))

size_t
utf8_first(uint32_t *out, struct span bytes)
{
	uint32_t point;
	size_t len = 1;

	if (bytes.len == 0)
		return 0;
	while (len <= LEN_MAX &&
	    (bytes.ptr[0] & shapes[len - 1].mask) != shapes[len - 1].lead)
		len++;
	if (len > LEN_MAX || len > bytes.len)
		return 0;

	point = bytes.ptr[0] & (uint8_t)~shapes[len - 1].mask;
	for (size_t i = 1; i < len; i++) {
		if ((bytes.ptr[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (bytes.ptr[i] & 0x3f);
	}
	if (point < shapes[len - 1].least || point > CODE_POINT_LAST ||
	    (point >= SURROGATE_FIRST && point <= SURROGATE_LAST))
		return 0;
	*out = point;
	return len;
}
