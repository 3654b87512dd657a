#include <string.h>

#include "base/error.h"
#include "tests/tap.h"

static const enum error_code codes[] = {
#define ERROR(code, number, http, fault, name, text) code,
#include "base/errors.def"
#undef ERROR
};

TEST(setting_an_error_returns_minus_one)
{
	struct error err = { 0 };

	check_int(error_set(&err, E_BUSY, "%d of %d", 3, 4), -1);
	check_int(err.code, E_BUSY);
	check_str(err.detail, "3 of 4");
}

TEST(a_long_detail_is_cut)
{
	struct error err = { 0 };

	error_set(&err, E_IO, "%*d", 10000, 1);
	check_int((long long)strlen(err.detail),
	    (long long)sizeof(err.detail) - 1);
}

TEST(numbers_and_names_lead_back_to_their_code)
{
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		tap_note("%s", error_name(codes[i]));
		check_int(error_of_number((int)codes[i]), codes[i]);
		check_int(error_of_name(error_name(codes[i])), codes[i]);
	}
}

TEST(unknown_numbers_and_names_are_no_error)
{
	check_int(error_of_number(-1), E_NONE);
	check_int(error_of_number(99999), E_NONE);
	check_int(error_of_name(""), E_NONE);
	check_int(error_of_name("no-such-name"), E_NONE);
	check_int(error_of_name("BUSY"), E_NONE);
}

/* A name is part of an address: lower case, digits and hyphens. */
TEST(names_can_stand_in_an_address)
{
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		const char *name = error_name(codes[i]);

		tap_note("%s", name);
		check(*name != '\0');
		check(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
		    strlen(name));
	}
}

TEST(texts_are_said_once_and_without_a_full_stop)
{
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		const char *text = error_text(codes[i]);

		tap_note("%s", text);
		require(*text != '\0');
		check(text[strlen(text) - 1] != '.');
		for (size_t j = 0; j < i; j++)
			check(strcmp(text, error_text(codes[j])) != 0);
	}
}

TEST(every_error_but_none_has_someone_to_act_and_a_refusing_status)
{
	check_int(error_fault(E_NONE), FAULT_NONE);
	check_int(error_http(E_NONE), 200);
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		if (codes[i] == E_NONE)
			continue;
		tap_note("%s", error_name(codes[i]));
		check(error_fault(codes[i]) != FAULT_NONE);
		check(
		    error_http(codes[i]) == 202 || error_http(codes[i]) >= 400);
		check(error_http(codes[i]) < 600);
	}
}

TEST(our_own_bugs_are_never_answered_as_the_senders)
{
	check_int(error_http(E_INTERNAL), 500);
	check_int(error_fault(E_INTERNAL), FAULT_SELF);
	check_int(error_http(E_SEAL_CRYPTO), 500);
	check_int(error_fault(E_SEAL_CRYPTO), FAULT_SELF);
}

TEST(every_fault_has_words)
{
	for (enum fault f = FAULT_NONE; f <= FAULT_ENVIRONMENT; f++)
		check(strcmp(error_fault_name(f), "unknown") != 0);
}
