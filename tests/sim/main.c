#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "tests/sim/world.h"

/* Under the sanitisers a run takes ten times as long. */
#ifdef __SANITIZE_ADDRESS__
#define RUNS_SHARE 10
#else
#define RUNS_SHARE 1
#endif

/* Two nodes under a kind of hardship; each is one TAP line. */
static const struct story {
	const char *name;
	unsigned runs; /* in a check */
	unsigned steps;
	struct hardship hardship;
} stories[] = {
	/* clang-format off */
	{ "two_nodes_on_a_good_day_agree_on_everything", 50, 120,
	    { 0, 0, 0, 0, 0, 0, 0, 0, false, 0, 0 } },
	{ "a_network_that_loses_doubles_and_parts_changes_no_figure", 500, 150,
	    { 25, 15, 3, 0, 0, 0, 0, 0, false, 0, 0 } },
	{ "processes_killed_at_any_step_lose_nothing", 500, 150,
	    { 5, 5, 1, 4, 0, 0, 0, 0, false, 1, 0 } },
	{ "power_cuts_that_tear_what_was_not_synced_lose_nothing", 500, 150,
	    { 5, 5, 1, 4, 100, 0, 0, 0, false, 1, 0 } },
	{ "disks_that_fail_a_write_or_a_sync_lose_nothing", 300, 150,
	    { 5, 5, 1, 1, 50, 4, 0, 0, false, 1, 0 } },
	{ "clocks_that_run_ahead_leave_both_with_the_same_figures", 200, 150,
	    { 5, 5, 1, 1, 50, 0, 2, 0, false, 1, 0 } },
	{ "a_cheating_side_changes_no_figure_of_the_other", 500, 150,
	    { 10, 10, 2, 1, 50, 0, 0, 0, true, 1, 0 } },
	{ "a_node_set_back_with_its_keeper_forks_nothing_if_its_peer_is_there",
	    300, 150, { 0, 15, 0, 0, 0, 0, 0, 8, false, 0, 0 } },
	{ "keys_renewed_and_compromised_at_any_time_change_no_figure", 500, 150,
	    { 10, 10, 2, 3, 50, 0, 0, 0, false, 6, 0 } },
	{ "logs_closed_and_gone_on_with_in_others_change_no_figure", 500, 200,
	    { 10, 10, 2, 3, 100, 0, 0, 0, false, 0, 12 } },
	{ "nodes_set_back_find_the_logs_that_they_had_begun", 60, 200,
	    { 0, 15, 0, 0, 0, 0, 0, 8, false, 0, 12 } },
	{ "a_cheat_gains_nothing_from_closing_logs", 300, 200,
	    { 10, 10, 2, 1, 50, 0, 0, 0, true, 0, 12 } },
	/* clang-format on */
};

static int
run(const struct story *story, uint64_t seed)
{
	struct world *world = malloc(sizeof(*world));
	int rc = 0;

	if (world == NULL)
		return -1;
	world_init(world, seed, &story->hardship);
	for (unsigned i = 0; i < story->steps && !world->is_void; i++)
		world_step(world);
	if (!world->is_void)
		world_heal(world);
	if (!world->is_void && !world_check(world)) {
		printf("# seed %" PRIu64 " breaks %s\n", seed, story->name);
		rc = -1;
	}
	world_clear(world);
	free(world);
	return rc;
}

static uint64_t
number(const char *text)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || end == text) {
		fprintf(stderr, "simulate: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

/* Again and again with new seeds until the time is over. */
static int
soak(uint64_t seconds)
{
	time_t end = time(NULL) + (time_t)seconds;
	uint64_t seed = (uint64_t)time(NULL);
	int bad = 0;

	for (uint64_t n = 0; time(NULL) < end; n++)
		bad |= run(&stories[n % (sizeof(stories) / sizeof(*stories))],
		    seed + n);
	printf("%sok 1 - %" PRIu64 " seconds of simulation\n1..1\n",
	    bad ? "not " : "", seconds);
	return bad != 0;
}

/*
 * simulate                     all stories, for prove
 * simulate --seed N [STORY]    one seed of one story
 * simulate --seconds N         with new seeds, for that long
 */
int
main(int argc, char *argv[])
{
	const size_t n = sizeof(stories) / sizeof(*stories);
	int bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	log_set_quiet(1);
	if (argc >= 3 && strcmp(argv[1], "--seconds") == 0)
		return soak(number(argv[2]));
	if (argc >= 3 && strcmp(argv[1], "--seed") == 0) {
		uint64_t which = argc > 3 ? number(argv[3]) : 1;

		if (which < 1 || which > n)
			return 2;
		return run(&stories[which - 1], number(argv[2])) != 0;
	}
	if (argc > 1) {
		fputs("usage: simulate [--seed N [STORY] | --seconds N]\n",
		    stderr);
		return 2;
	}
	for (size_t i = 0; i < n; i++) {
		int failed = 0;

		for (unsigned k = 0;
		     k < stories[i].runs / RUNS_SHARE && !failed; k++)
			failed = run(&stories[i], 1000 * (i + 1) + k) != 0;
		printf("%sok %zu - %s\n", failed ? "not " : "", i + 1,
		    stories[i].name);
		bad |= failed;
	}
	printf("1..%zu\n", n);
	return bad;
}
