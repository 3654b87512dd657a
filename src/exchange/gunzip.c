#define ZLIB_CONST /* its input is const */
#include <limits.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "exchange/gunzip.h"

/* Tell inflateInit2() to take gzip and nothing else, any window. */
#define GZIP_ONLY (16 + MAX_WBITS)

#define STEP 65536 /* bytes decompressed at a time */

/* To the end of the stream; Z_STREAM_END if it is whole. */
static int
run(struct buf *out, z_stream *z)
{
	uint8_t step[STEP];
	int rc = Z_OK;

	while (rc == Z_OK && !out->is_over) {
		z->next_out = step;
		z->avail_out = sizeof(step);
		rc = inflate(z, Z_NO_FLUSH);
		if (rc == Z_MEM_ERROR)
			mem_die("out of memory");
		buf_add(out, span_of(step, sizeof(step) - z->avail_out));
	}
	return rc;
}

int
gunzip(struct buf *out, struct span compressed, struct error *err)
{
	z_stream z = { .next_in = compressed.ptr };
	int rc;

	if (compressed.len > UINT_MAX)
		return error_set(err, E_TOO_LARGE, "%zu bytes", compressed.len);
	z.avail_in = (uInt)compressed.len;
	if (inflateInit2(&z, GZIP_ONLY) != Z_OK)
		mem_die("out of memory");
	rc = run(out, &z);
	inflateEnd(&z);
	if (buf_check(out, err) == -1)
		return -1;
	if (rc != Z_STREAM_END)
		return error_set(err, E_SYNTAX, "gzip: cut short or broken");
	if (z.avail_in > 0)
		return error_set(err, E_SYNTAX, "gzip: something follows it");
	return 0;
}
