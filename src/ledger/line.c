#include "ledger/line.h"

bool
line_next(struct span *line, struct span *rest)
{
	size_t len = span_find(*rest, '\n');

	if (len == rest->len)
		return false;
	*line = span_of(rest->ptr, len);
	*rest = span_skip(*rest, len + 1);
	return true;
}

bool
line_skip(struct span *line, const char *prefix)
{
	struct span want = span_text(prefix);

	if (!span_has_prefix(*line, want))
		return false;
	*line = span_skip(*line, want.len);
	return true;
}
