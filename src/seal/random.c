#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/mem.h"
#include "seal/random.h"

static void
fill(void *ctx UNUSED, uint8_t *out, size_t len)
{
	if (RAND_bytes_ex(NULL, out, len, 0) != 1)
		mem_die("no random bytes");
}

void
random_system(struct random *out)
{
	*out = (struct random){ .fill = fill };
}

void
secret_wipe(void *ptr, size_t len)
{
	OPENSSL_cleanse(ptr, len);
}

void
secret_clear(struct buf *buf)
{
	if (buf->ptr != NULL)
		secret_wipe(buf->ptr, buf->cap);
	buf_clear(buf);
}
