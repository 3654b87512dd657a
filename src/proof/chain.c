#include "proof/evidence_keys.h"
#include "proof/position.h"

unsigned
chain_without(const struct evidence_epoch *epochs, uint64_t position)
{
	for (unsigned e = position_epoch(position) + 1;
	     e <= POSITION_EPOCHS_MAX; e++)
		if (epochs[e - 1].is_begun &&
		    epochs[e - 1].previous <= position)
			return e;
	return 0;
}

uint64_t
chain_next(const struct evidence_epoch *epochs, uint64_t position)
{
	unsigned epoch;

	while ((epoch = chain_without(epochs, position)) != 0)
		position = position_of(epoch, 0);
	return position;
}

uint64_t
chain_segment_end(const struct evidence_epoch *epochs, uint64_t from,
    uint64_t size)
{
	unsigned epoch = position_epoch(from);

	for (unsigned e = epoch + 1; e <= position_epoch(size); e++)
		if (epochs[e - 1].is_begun &&
		    position_epoch(epochs[e - 1].previous) == epoch &&
		    epochs[e - 1].previous < size)
			return epochs[e - 1].previous;
	return size;
}
