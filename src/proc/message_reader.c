#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/span.h"
#include "proc/message.h"

/* One read, in bytes. */
#define READ_SIZE ((size_t)64 << 10)

/* What an empty reader keeps for the next message, in bytes. */
#define KEEP_SIZE ((size_t)1 << 20)

void
message_reader_init(struct message_reader *reader, enum role from, enum role to)
{
	*reader = (struct message_reader){ .from = from, .to = to };
	buf_init(&reader->buf, 2 * MESSAGE_SIZE_MAX + MESSAGE_HEAD_SIZE);
}

void
message_reader_clear(struct message_reader *reader)
{
	buf_clear(&reader->buf);
}

/* What is not yet handed out. */
static struct span
rest(const struct message_reader *reader)
{
	return span_skip(buf_span(&reader->buf), reader->taken);
}

static int
give_up(struct message_reader *reader)
{
	reader->is_broken = true;
	return -1;
}

static int
check_unbroken(const struct message_reader *reader, struct error *err)
{
	if (reader->is_broken)
		return error_set(err, E_PROC_MESSAGE,
		    "nothing more is read from the %s",
		    role_name(reader->from));
	return 0;
}

/* The head of the frame begun; ${is_whole} tells if there are ten bytes. */
static int
look_at_head(struct message_reader *reader, struct message_head *head,
    bool *is_whole, struct error *err)
{
	struct span left = rest(reader);

	*is_whole = left.len >= MESSAGE_HEAD_SIZE;
	if (!*is_whole)
		return 0;
	if (message_head_parse(head, left.ptr, reader->from, reader->to, err) ==
	    -1)
		return give_up(reader);
	return 0;
}

int
message_reader_add(struct message_reader *reader, struct span bytes,
    struct error *err)
{
	struct message_head head;
	bool is_whole;

	if (check_unbroken(reader, err) == -1)
		return -1;
	buf_drop(&reader->buf, reader->taken);
	reader->taken = 0;
	if (reader->buf.len == 0 && reader->buf.cap > KEEP_SIZE)
		buf_clear(&reader->buf);
	buf_add(&reader->buf, bytes);
	if (reader->buf.is_over) {
		error_set(err, E_PROC_MESSAGE,
		    "messages of the %s were added and not taken",
		    role_name(reader->from));
		return give_up(reader);
	}
	return look_at_head(reader, &head, &is_whole, err);
}

/* The other side has closed; in the middle of a message it was killed. */
static int
end(struct message_reader *reader, bool *is_end, struct error *err)
{
	if (rest(reader).len > 0) {
		error_set(err, E_PROC_GONE,
		    "the %s, in the middle of a message",
		    role_name(reader->from));
		return give_up(reader);
	}
	*is_end = true;
	return 0;
}

int
message_reader_fill(struct message_reader *reader, int fd, bool *is_end,
    struct error *err)
{
	uint8_t bytes[READ_SIZE];
	ssize_t n;

	*is_end = false;
	if (check_unbroken(reader, err) == -1)
		return -1;
	do
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n == -1 && errno != ECONNRESET)
		return error_set(err, E_PROC, "reading from the %s: %s",
		    role_name(reader->from), strerror(errno));
	if (n <= 0)
		return end(reader, is_end, err);
	return message_reader_add(reader, span_of(bytes, (size_t)n), err);
}

int
message_reader_next(struct message_reader *reader, struct message *out,
    struct error *err)
{
	struct message_head head;
	struct span left;
	bool is_whole;

	if (check_unbroken(reader, err) == -1)
		return -1;
	if (look_at_head(reader, &head, &is_whole, err) == -1)
		return -1;
	left = span_skip(rest(reader), MESSAGE_HEAD_SIZE);
	if (!is_whole || left.len < head.size) {
		*out = (struct message){ .type = MESSAGE_NONE };
		return 0;
	}
	*out = (struct message){ head.type, head.id,
		span_of(left.ptr, head.size) };
	reader->taken += MESSAGE_HEAD_SIZE + head.size;
	return 0;
}
