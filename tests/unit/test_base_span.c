#include "base/span.h"
#include "tests/tap.h"

TEST(spans_are_equal_by_their_bytes)
{
	char other[] = "abc";

	check(span_is_equal(span_text("abc"), span_text(other)));
	check(!span_is_equal(span_text("abc"), span_text("abd")));
	check(!span_is_equal(span_text("abc"), span_text("ab")));
	check(span_is_equal(span_of(NULL, 0), span_text("")));
	check(span_is_equal(span_of("a\0b", 3), span_of("a\0b", 3)));
	check(!span_is_equal(span_of("a\0b", 3), span_of("a\0c", 3)));
}

TEST(a_text_does_not_hide_what_stands_behind_a_nul)
{
	check(span_is_text(span_of("abc", 3), "abc"));
	check(!span_is_text(span_of("abc\0", 4), "abc"));
	check(!span_is_text(span_of("abc", 2), "abc"));
	check(span_is_text(span_of(NULL, 0), ""));
}

TEST(a_prefix_is_at_most_as_long)
{
	check(span_has_prefix(span_text("abc"), span_text("ab")));
	check(span_has_prefix(span_text("abc"), span_text("abc")));
	check(span_has_prefix(span_text("abc"), span_of(NULL, 0)));
	check(!span_has_prefix(span_text("abc"), span_text("abcd")));
	check(!span_has_prefix(span_text("abc"), span_text("b")));
	check(span_has_prefix(span_of(NULL, 0), span_of(NULL, 0)));
}

TEST(skipping_stops_at_the_end)
{
	check(span_is_text(span_skip(span_text("abc"), 1), "bc"));
	check(span_is_text(span_skip(span_text("abc"), 3), ""));
	check_int((long long)span_skip(span_text("abc"), 4).len, 0);
	check_int((long long)span_skip(span_text("abc"), SIZE_MAX).len, 0);
	check_int((long long)span_skip(span_of(NULL, 0), 1).len, 0);
}

TEST(a_byte_is_found_where_it_stands_first)
{
	check_int((long long)span_find(span_text("abcb"), 'b'), 1);
	check_int((long long)span_find(span_text("abcb"), 'x'), 4);
	check_int((long long)span_find(span_of(NULL, 0), 'x'), 0);
	check_int((long long)span_find(span_of("a\0b", 3), 0), 1);
}
