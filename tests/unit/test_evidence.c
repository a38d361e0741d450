/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The evidence thread: jobs in, ends out, and what is on the disk when main hears of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/evidence/evidence.h"
#include "station/evidence/reserve.h"
#include "tests/unit/temp_folder.h"

struct fixture {
	char *folder;
	struct loop *loop;
	struct evidence *evidence;
	unsigned ended, failed;
	int last_rc;
	char last_text[256];
};

static void start(struct fixture *fixture)
{
	struct evidence_config config = { .state_path = fixture->folder, .station_name = "Ost",
					  .reserve_bytes = 1 << 20 };
	struct err err;

	if (evidence_start(&fixture->evidence, fixture->loop, &config, &err) < 0)
		fail_msg("%s", err.text);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	fixture->folder = temp_folder_new();
	assert_int_equal(loop_new(&fixture->loop, NULL), 0);
	start(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	evidence_stop(fixture->evidence);
	loop_free(fixture->loop);
	temp_folder_free(fixture->folder);
	free(fixture);
	return 0;
}

static void wait_for(struct fixture *fixture, unsigned ended)
{
	uint64_t deadline_ns = clock_mono_ns() + 20 * NS_PER_S;

	while (fixture->ended < ended) {
		if (clock_mono_ns() > deadline_ns)
			fail_msg("%u of %u jobs have ended", fixture->ended, ended);
		loop_once(fixture->loop, 100);
	}
}

/* Opened by somebody else: what is seen is on the disk, or at least out of the thread's hands. */
static uint64_t entries_of(struct fixture *fixture)
{
	CLEANUP(store_freep) struct store *store = NULL;
	char folder[512];
	uint64_t size;

	snprintf(folder, sizeof folder, "%s/evidence", fixture->folder);
	assert_int_equal(store_open(&store, folder, NULL), 0);
	assert_int_equal(ledger_size(store, &size, NULL), 0);
	return size;
}

static struct act act_of(const char *actor)
{
	struct act act = { .role = "operator" };

	snprintf(act.actor, sizeof act.actor, "%s", actor);
	return act;
}

static int append(struct store *store, void *arg, struct err *err)
{
	struct act act = act_of("li");

	(void)arg;
	return ledger_append(store, &act, LEDGER_CASE_ADDED, NULL, NULL, NULL, NULL, err);
}

static int append_and_refuse(struct store *store, void *arg, struct err *err)
{
	int rc = append(store, arg, err);

	return rc < 0 ? rc : err_set(err, ERR_RANGE, "not like this");
}

static void ended(void *arg, int rc, const struct err *err)
{
	struct fixture *fixture = arg;

	fixture->ended++;
	fixture->failed += rc < 0;
	fixture->last_rc = rc;
	snprintf(fixture->last_text, sizeof fixture->last_text, "%s", rc < 0 ? err->text : "");
}

static void test_job_is_on_the_disk_when_main_hears_of_it(void **state)
{
	struct fixture *fixture = *state;

	evidence_do(fixture->evidence, append, ended, fixture);
	assert_int_equal(fixture->ended, 0);
	wait_for(fixture, 1);
	assert_int_equal(fixture->last_rc, 0);
	assert_int_equal(entries_of(fixture), 1);
}

static void test_refused_job_costs_its_neighbours_nothing(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 30; i++)
		evidence_do(fixture->evidence, i % 3 == 1 ? append_and_refuse : append, ended, fixture);
	wait_for(fixture, 30);
	assert_int_equal(fixture->failed, 10);
	assert_int_equal(entries_of(fixture), 20);
}

static void ask_again(void *arg, int rc, const struct err *err)
{
	struct fixture *fixture = arg;

	ended(arg, rc, err);
	if (fixture->ended < 5)
		evidence_do(fixture->evidence, append, ask_again, fixture);
}

static void test_end_may_ask_for_the_next_job(void **state)
{
	struct fixture *fixture = *state;

	evidence_do(fixture->evidence, append, ask_again, fixture);
	wait_for(fixture, 5);
	assert_int_equal(entries_of(fixture), 5);
}

static void test_notes_keep_their_order_and_their_act(void **state)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	CLEANUP(store_freep) struct store *store = NULL;
	struct fixture *fixture = *state;
	struct evidence_state now;
	char folder[512], actor[16];
	int at = 0;

	for (int i = 0; i < 300; i++) {
		struct act act;

		snprintf(actor, sizeof actor, "p%d", i);
		act = act_of(actor);
		evidence_note(fixture->evidence, &act, LEDGER_SEAT_JOINED, "C-1", NULL, json_pack("{s:i}", "i", i));
	}
	evidence_finish(fixture->evidence);
	evidence_state(fixture->evidence, &now);
	assert_int_equal(now.entries, 300);
	assert_int_equal(now.waiting, 0);
	snprintf(folder, sizeof folder, "%s/evidence", fixture->folder);
	assert_int_equal(store_open(&store, folder, NULL), 0);
	assert_int_equal(store_query(&rows, store, NULL, "SELECT entry FROM event WHERE case_no = 'C-1' ORDER BY seq", ""), 0);
	for (; store_next(&rows, NULL) > 0; at++) {
		snprintf(actor, sizeof actor, "\"p%d\"", at);
		assert_non_null(strstr(store_text(&rows, 0), actor));
		assert_non_null(strstr(store_text(&rows, 0), "\"station\":\"Ost\""));
	}
	assert_int_equal(at, 300);
}

static void test_jobs_too_many_end_with_full_and_the_others_are_done(void **state)
{
	struct fixture *fixture = *state;
	struct evidence_state now;

	for (int i = 0; i < 5000; i++)
		evidence_do(fixture->evidence, append, ended, fixture);
	assert_int_equal(fixture->ended, 0);
	wait_for(fixture, 5000);
	evidence_state(fixture->evidence, &now);
	assert_int_equal(fixture->failed, 5000 - 4096);
	assert_int_equal(now.refused, 5000 - 4096);
	assert_int_equal(entries_of(fixture), 4096);
}

static void test_stop_does_what_is_waiting_and_tells_it(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 500; i++)
		evidence_do(fixture->evidence, append, ended, fixture);
	fixture->evidence = evidence_stop(fixture->evidence);
	assert_int_equal(fixture->ended, 500);
	assert_int_equal(fixture->failed, 0);
	assert_int_equal(entries_of(fixture), 500);
	start(fixture);
}

static void test_changed_record_keeps_the_station_from_starting(void **state)
{
	struct fixture *fixture = *state;
	struct evidence_config config = { .state_path = fixture->folder, .station_name = "Ost" };
	CLEANUP(store_freep) struct store *store = NULL;
	char folder[512];
	struct err err;

	evidence_do(fixture->evidence, append, ended, fixture);
	fixture->evidence = evidence_stop(fixture->evidence);
	snprintf(folder, sizeof folder, "%s/evidence", fixture->folder);
	assert_int_equal(store_open(&store, folder, NULL), 0);
	assert_int_equal(store_run(store, NULL, "DROP TRIGGER event_stays", ""), 0);
	assert_int_equal(store_run(store, NULL, "UPDATE event SET entry = 'other'", ""), 0);
	store = store_free(store);
	assert_int_equal(evidence_start(&fixture->evidence, fixture->loop, &config, &err), ERR_TAMPER);
	assert_non_null(strstr(err.text, "entry 0"));
}

static off_t size_of(const char *folder, const char *name)
{
	struct stat info;
	char path[512];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(stat(path, &info), 0);
	return info.st_blocks * 512;
}

static void test_reserve_is_really_on_the_disk_and_given_up_once(void **state)
{
	struct fixture *fixture = *state;
	struct reserve reserve;

	assert_int_equal(reserve_open(&reserve, fixture->folder, 1 << 20, NULL), 0);
	assert_true(size_of(fixture->folder, "reserve") >= 1 << 20);
	assert_true(reserve_give_up(&reserve));
	assert_false(reserve_give_up(&reserve));
	assert_true(size_of(fixture->folder, "reserve") < 4096);
	assert_int_equal(reserve_tend(&reserve), RESERVE_MADE_AGAIN);
	assert_int_equal(reserve_tend(&reserve), RESERVE_SAME);
	assert_true(size_of(fixture->folder, "reserve") >= 1 << 20);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_job_is_on_the_disk_when_main_hears_of_it),
		CASE(test_refused_job_costs_its_neighbours_nothing),
		CASE(test_end_may_ask_for_the_next_job),
		CASE(test_notes_keep_their_order_and_their_act),
		CASE(test_jobs_too_many_end_with_full_and_the_others_are_done),
		CASE(test_stop_does_what_is_waiting_and_tells_it),
		CASE(test_changed_record_keeps_the_station_from_starting),
		CASE(test_reserve_is_really_on_the_disk_and_given_up_once),
	};

	log_init("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
