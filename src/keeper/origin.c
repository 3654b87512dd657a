#include <inttypes.h>

#include "base/buf.h"
#include "base/error.h"
#include "formats/card.h"
#include "keeper/origin.h"
#include "ledger/checkpoint.h"

static const char middle[] = "docket";

/* Cut off what stands before the next "/". */
static struct span
take_part(struct span *rest)
{
	struct span part = *rest;

	part.len = span_find(*rest, '/');
	*rest = span_skip(*rest, part.len + 1);
	return part;
}

int
origin_parse(struct origin *out, struct span text, struct error *err)
{
	struct span rest = text, fixed;
	struct origin got;

	if (text.len > ORIGIN_SIZE_MAX)
		return error_set(err, E_KEEPER_ORIGIN, "%zu bytes", text.len);
	got.author = take_part(&rest);
	fixed = take_part(&rest);
	got.reader = take_part(&rest);
	if (card_check_party(got.author, err) == -1 ||
	    card_check_party(got.reader, err) == -1 ||
	    checkpoint_size_parse(&got.epoch, rest, err) == -1 ||
	    !span_is_text(fixed, middle) || got.epoch == 0 ||
	    got.epoch > ORIGIN_EPOCH_MAX ||
	    span_is_equal(got.author, got.reader))
		return error_set(err, E_KEEPER_ORIGIN,
		    "not <party>/docket/<peer>/<epoch>");
	*out = got;
	return 0;
}

void
origin_write(struct buf *out, const struct origin *origin)
{
	buf_add(out, origin->author);
	buf_printf(out, "/%s/", middle);
	buf_add(out, origin->reader);
	buf_printf(out, "/%" PRIu64, origin->epoch);
}
