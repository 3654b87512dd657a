#include "formats/blob.h"
#include "base/buf.h"
#include "base/error.h"

void
blob_make(struct buf *out, const uint8_t salt[BLOB_SALT_BYTES],
    struct span content)
{
	buf_add(out, span_of(salt, BLOB_SALT_BYTES));
	buf_add(out, content);
}

int
blob_content(struct span *out, struct span blob, struct error *err)
{
	if (blob.len < BLOB_SALT_BYTES)
		return error_set(err, E_SYNTAX, "a blob of %zu bytes",
		    blob.len);
	*out = span_skip(blob, BLOB_SALT_BYTES);
	return 0;
}
