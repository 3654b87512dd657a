#include <stdalign.h>
#include <string.h>

#include "base/arena.h"
#include "tests/tap.h"

static bool
is_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

TEST(memory_is_zeroed_and_aligned_for_any_type)
{
	struct arena *arena = arena_new();

	for (size_t size = 1; size < 5000; size += 7) {
		uint8_t *p = arena_alloc(arena, size);

		check((uintptr_t)p % alignof(max_align_t) == 0);
		check(is_zero(p, size));
		memset(p, 0xaa, size);
	}
	arena_free(arena);
}

TEST(pieces_do_not_overlap)
{
	enum { PIECES = 2000 };
	struct arena *arena = arena_new();
	uint8_t *piece[PIECES];
	long wrong = 0;

	for (size_t i = 0; i < PIECES; i++) {
		piece[i] = arena_alloc(arena, i + 1);
		memset(piece[i], (int)(i & 0xff), i + 1);
	}
	for (size_t i = 0; i < PIECES; i++)
		for (size_t at = 0; at <= i; at++)
			wrong += piece[i][at] != (i & 0xff);
	check_int(wrong, 0);
	arena_free(arena);
}

TEST(nothing_can_be_asked_for)
{
	struct arena *arena = arena_new();

	check(arena_alloc(arena, 0) != NULL);
	check(arena_array(arena, 0, 100) != NULL);
	check_int((long long)arena_copy(arena, span_of(NULL, 0)).len, 0);
	check_str(arena_text(arena, span_of(NULL, 0)), "");
	arena_free(arena);
}

TEST(a_large_piece_does_not_spoil_the_small_ones)
{
	struct arena *arena = arena_new();
	char *before = arena_printf(arena, "%s", "before");
	uint8_t *large = arena_alloc(arena, (size_t)8 << 20);
	char *after = arena_printf(arena, "%s", "after");

	memset(large, 0xff, (size_t)8 << 20);
	check_str(before, "before");
	check_str(after, "after");
	arena_free(arena);
}

TEST(reset_memory_is_zeroed_again)
{
	struct arena *arena = arena_new();

	for (int round = 0; round < 3; round++) {
		uint8_t *small = arena_alloc(arena, 100);
		uint8_t *large = arena_alloc(arena, 1 << 20);

		check(is_zero(small, 100));
		check(is_zero(large, 1 << 20));
		memset(small, 0xff, 100);
		memset(large, 0xff, 1 << 20);
		arena_reset(arena);
	}
	arena_free(arena);
}

TEST(a_copy_does_not_follow_its_original)
{
	struct arena *arena = arena_new();
	char original[] = "abc";
	struct span copy = arena_copy(arena, span_text(original));
	char *text = arena_text(arena, span_of(original, 2));

	original[0] = 'x';
	check(span_is_text(copy, "abc"));
	check_str(text, "ab");
	arena_free(arena);
}

TEST(formatted_text_of_any_length_is_whole)
{
	struct arena *arena = arena_new();
	char *text = arena_printf(arena, "%*d", 100000, 7);

	check_int((long long)strlen(text), 100000);
	check_int(text[99999], '7');
	arena_free(arena);
}

TEST(freeing_nothing_is_harmless)
{
	arena_free(NULL);
	check(true);
}
