/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thousands of random commands with random faults, for each driver that there is, in a time of
 * their own: no unasked motion, no hang, the state always explained, the angle never wrong without
 * its epoch having risen. And when the faults are taken away the table is brought back to work by
 * what its operator is told.
 *
 * In the environment OSTEND_RANDOM_COMMANDS says how many for each, OSTEND_RANDOM_SEED which, and
 * OSTEND_RANDOM_DRIVER for whom only.
 */
#include "random_world.h"

#include <stdlib.h>
#include <string.h>

#define COMMANDS 2500		/* for each driver */

static void judge_driver(const char *driver, size_t commands, uint64_t seed)
{
	struct world *world = world_new(driver, commands, seed);

	judge_run(world_judge(world), 6000);
	world_bring_back(world);
	for (size_t i = 0; i < commands; i++) {
		world_trouble(world);
		if (world_needs_its_operator(world))
			world_bring_back(world);
	}
	world_bring_back(world);
	judge_sum_up(world_judge(world));
	print_message("%s: %u motions from afar\n", driver, world_taken_from_afar(world));
	world_free(world);
}

static size_t number_of(const char *name, size_t usual)
{
	const char *text = getenv(name);

	return text ? (size_t)strtoull(text, NULL, 10) : usual;
}

static void test_random_commands_and_faults_for_every_driver(void **state)
{
	size_t commands = number_of("OSTEND_RANDOM_COMMANDS", COMMANDS);
	uint64_t seed = UINT64_C(88172645463325252) * (2 * number_of("OSTEND_RANDOM_SEED", 1) + 1);
	const char *only = getenv("OSTEND_RANDOM_DRIVER");

	(void)state;
	for (size_t i = 0; drive_at(i); i++)
		if (!only || strcmp(only, drive_at(i)->name) == 0)
			judge_driver(drive_at(i)->name, commands, seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_commands_and_faults_for_every_driver),
	};

	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
