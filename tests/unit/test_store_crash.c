#include <stdlib.h>

#include "base/error.h"
#include "store/setting.h"
#include "tests/support/faultvfs.h"
#include "tests/support/storelab.h"
#include "tests/support/storescript.h"

static struct storelab lab;

/* Run the steps [from, to) until one fails; where it stopped. */
static unsigned
run_to(unsigned from, unsigned to)
{
	struct error err;

	while (from < to && storescript_run(&lab, from, &err) == 0)
		from++;
	return from;
}

static unsigned
run_from(unsigned step)
{
	return run_to(step, STORESCRIPT_STEPS);
}

static bool
reopen(void)
{
	struct error err;

	storelab_close(&lab);
	if (store_open(&lab.store, "lab", FAULTVFS_NAME, STORE_USE, &err) == 0)
		return true;
	tap_note("open: %s (%s)", error_text(err.code), err.detail);
	return false;
}

/* Cut at the ${n}th change; false when the script ran to its end before. */
static bool
crash_at(unsigned n, uint64_t seed, bool has_power)
{
	unsigned done, held;

	storelab_close(&lab);
	storelab_open(&lab);
	faultvfs_cut("lab", n);
	done = run_from(0);
	if (!faultvfs_is_cut())
		return false;
	storelab_close(&lab);
	if (!has_power)
		faultvfs_crash("lab", seed);
	if (!check(reopen()))
		return true;
	held = storescript_steps(lab.store);
	tap_check(held == done || held == done + 1, __FILE__, __LINE__,
	    "what was committed is held");
	if (!check(storescript_is_right(&lab, held)))
		tap_note("cut at %u, seed %llu: %u done, %u held", n,
		    (unsigned long long)seed, done, held);
	return true;
}

TEST(a_power_cut_at_any_write_keeps_exactly_what_was_committed)
{
	unsigned n;

	for (n = 1; crash_at(n, n, false); n++)
		(void)crash_at(n, n + 1000003, false);
	tap_note("%u cuts", n - 1);
	check(n > 100);
}

TEST(a_process_killed_at_any_write_keeps_exactly_what_was_committed)
{
	unsigned n;

	for (n = 1; crash_at(n, 0, true); n++)
		continue;
	check(n > 100);
}

TEST(work_goes_on_after_a_power_cut)
{
	for (unsigned n = 5; n < 300; n += 23) {
		unsigned held;

		if (!crash_at(n, n, false))
			break;
		held = storescript_steps(lab.store);
		check_size(run_from(held), STORESCRIPT_STEPS);
		check(storescript_is_right(&lab, STORESCRIPT_STEPS));
	}
}

/* Recovery itself is cut, again and again, until it gets through. */
TEST(a_power_cut_during_recovery_loses_nothing)
{
	storelab_close(&lab);
	storelab_open(&lab);
	check_size(run_from(0), STORESCRIPT_STEPS);
	for (unsigned n = 1; n < 1000; n++) {
		struct error err;

		faultvfs_crash("lab", n);
		storelab_close(&lab);
		faultvfs_cut("lab", n);
		if (store_open(&lab.store, "lab", FAULTVFS_NAME, STORE_USE,
			&err) == 0 &&
		    store_checkpoint(lab.store, &err) == 0 &&
		    !faultvfs_is_cut())
			break;
		check(faultvfs_is_cut());
		storelab_close(&lab);
	}
	require(lab.store != NULL);
	check(storescript_is_right(&lab, STORESCRIPT_STEPS));
}

/* Some first openings fail: then it can be made again. */
TEST(a_power_cut_while_the_store_is_made_does_no_harm)
{
	unsigned n = 1;

	for (;; n++) {
		struct error err;

		storelab_close(&lab);
		faultvfs_reset(n);
		faultvfs_cut("lab", n);
		if (store_open(&lab.store, "lab", FAULTVFS_NAME, STORE_CREATE,
			&err) == -1)
			lab.store = NULL;
		if (!faultvfs_is_cut())
			break;
		storelab_close(&lab);
		faultvfs_crash("lab", n);
		if (store_open(&lab.store, "lab", FAULTVFS_NAME, STORE_USE,
			&err) == -1)
			storelab_must(store_open(&lab.store, "lab",
					  FAULTVFS_NAME, STORE_CREATE, &err),
			    &err, "make again");
		storelab_fill(&lab);
		check(storescript_is_right(&lab, 0));
	}
	check(n > 20);
}

/* Let the ${n}th operation fail; false when none did. */
static bool
fail_at(enum faultvfs_operation operation, unsigned n)
{
	struct error err;
	unsigned failures = 0;

	storelab_close(&lab);
	storelab_open(&lab);
	faultvfs_fail("lab", operation, n, false);
	for (unsigned step = 0; step < STORESCRIPT_STEPS;) {
		if (storescript_run(&lab, step, &err) == 0) {
			step++;
			continue;
		}
		check_int(err.code, E_STORE);
		check(!store_is_writing(lab.store));
		check(storescript_is_right(&lab, step));
		if (!check(++failures == 1))
			return false;
	}
	check(storescript_is_right(&lab, STORESCRIPT_STEPS));
	faultvfs_fail("lab", operation, 0, false);
	faultvfs_crash("lab", n);
	check(reopen() && storescript_is_right(&lab, STORESCRIPT_STEPS));
	return failures > 0;
}

TEST(after_any_failed_write_the_store_goes_on)
{
	unsigned n = 1;

	while (fail_at(FAULTVFS_WRITE, n))
		n++;
	check(n > 100);
}

TEST(after_any_failed_sync_the_store_goes_on)
{
	unsigned n = 1;

	while (fail_at(FAULTVFS_SYNC, n))
		n++;
	check(n > STORESCRIPT_STEPS);
}

/*
 * What a failed sync lost can still be read, so a process that starts anew
 * recovers it from the WAL; from then on it has to be durable.
 */
static bool
restart_after_failed_sync(unsigned n, unsigned more, uint64_t seed)
{
	unsigned done, held;

	storelab_close(&lab);
	storelab_open(&lab);
	faultvfs_fail("lab", FAULTVFS_SYNC, n, false);
	done = run_from(0);
	if (done == STORESCRIPT_STEPS)
		return false;
	faultvfs_kill("lab");
	if (!check(reopen()))
		return false;
	held = storescript_steps(lab.store);
	check(held == done || held == done + 1);
	check_size(run_to(held, held + more), held + more);
	held += more;
	check(storescript_is_right(&lab, held));
	faultvfs_crash("lab", seed);
	if (!check(reopen()) || !check(storescript_is_right(&lab, held)))
		tap_note("sync %u, %u steps more, seed %llu", n, more,
		    (unsigned long long)seed);
	return true;
}

TEST(what_a_restart_after_a_failed_sync_shows_survives_a_power_cut)
{
	for (unsigned more = 0; more < 2; more++)
		for (uint64_t seed = 0; seed < 10; seed++)
			for (unsigned n = 1;
			     restart_after_failed_sync(n, more, seed); n++)
				continue;
}

TEST(a_full_disk_is_said_and_survived)
{
	struct error err;

	for (unsigned kb = 0; kb < 400; kb += 7) {
		unsigned step;

		storelab_close(&lab);
		storelab_open(&lab);
		faultvfs_set_room(faultvfs_used() + kb * 1024);
		step = run_from(0);
		require(step < STORESCRIPT_STEPS);
		check(storescript_run(&lab, step, &err) == -1);
		check_int(err.code, E_DISK_FULL);
		check(storescript_is_right(&lab, step));
		faultvfs_set_room(UINT64_MAX);
		check_size(run_from(step), STORESCRIPT_STEPS);
		check(storescript_is_right(&lab, STORESCRIPT_STEPS));
	}
}

TEST(after_sqlite_gave_a_transaction_up_nothing_more_is_written)
{
	struct error err;

	storelab_close(&lab);
	storelab_open(&lab);
	check_size(run_from(0), STORESCRIPT_STEPS);
	storelab_must(store_begin(lab.store, &err), &err, "begin");
	faultvfs_set_room(faultvfs_used());
	/* More than the cache holds, so that it spills and fails. */
	static uint8_t large[9 << 20];
	for (int i = 0; i < 12; i++) {
		char name[] = { (char)('a' + i), '\0' };

		if (store_setting_put(lab.store, name,
			span_of(large, sizeof(large)), &err) == -1)
			break;
	}
	check_int(err.code, E_DISK_FULL);
	faultvfs_set_room(UINT64_MAX);
	if (store_setting_put(lab.store, "k", span_text("x"), &err) == -1)
		check_int(err.code, E_STORE);
	check(store_is_writing(lab.store));
	store_rollback(lab.store);
	check(storescript_is_right(&lab, STORESCRIPT_STEPS));
	storelab_close(&lab);
}
