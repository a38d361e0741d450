/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every command in every state by everybody, against the rules as a lawyer would write them down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station/showing/showing.h"

/* One letter for each state, in the order of SHOWING_STATES: '+' allowed, 'n' not now, '-' never. */
struct expected {
	enum showing_command command;
	const char *operator, *party;
};

static const struct expected expected[] = {
	{ SHOWING_SIT,     "------", "++++++" },
	{ SHOWING_WATCH,   "------", "nn+nnn" },
	{ SHOWING_LOOK,    "++++++", "------" },
	{ SHOWING_MOVE,    "++++n+", "------" },
	{ SHOWING_STOP,    "++++++", "++++++" },
	{ SHOWING_UNLATCH, "++++++", "------" },
	{ SHOWING_ADJUST,  "++++n+", "------" },
};

static void check(const struct expected *row, enum showing_state state,
		  const struct showing_actor *actor)
{
	char letter = (actor->operator ? row->operator : row->party)[state];
	struct showing now = { .state = state, .case_no = "案" }, next = { 0 };
	struct showing_effects effects = { 0 };
	struct err err = { 0 };
	int rc = showing_apply(&now, row->command, actor, &next, &effects, &err);

	assert_int_equal(rc, letter == '+' ? 0 : letter == 'n' ? ERR_STATE : ERR_DENIED);
	if (rc == 0) {
		assert_int_equal(effects.count, 1);
		assert_memory_equal(&next, &now, sizeof now);
	} else {
		assert_int_equal(effects.count, 0);
		assert_int_equal(next.case_no[0], 0);
		assert_true(strlen(err.text) > 10);
	}
}

static void test_showing_allows_exactly_what_the_rules_say(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(expected), SHOWING_COMMAND_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_int_equal(strlen(expected[i].operator), SHOWING_STATE_COUNT);
		assert_int_equal(strlen(expected[i].party), SHOWING_STATE_COUNT);
		for (int at = 0; at < SHOWING_STATE_COUNT; at++) {
			struct showing_actor actor = { .operator = true };

			check(&expected[i], (enum showing_state)at, &actor);
			for (int role = 0; role < ROLE_COUNT; role++) {
				actor = (struct showing_actor){ .role = (enum role)role };
				check(&expected[i], (enum showing_state)at, &actor);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_showing_allows_exactly_what_the_rules_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
