/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file that the simulated table and the simulated camera share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "turntable/world.h"

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/ostend-world-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[96];

	(void)state;
	snprintf(path, sizeof path, "%s/world", folder);
	unlink(path);
	return rmdir(folder);
}

static void test_world_reader_sees_what_the_writer_set(void **state)
{
	CLEANUP(world_closep) struct world *writer = NULL;
	const struct world *reader = NULL;
	struct err err;
	char path[96];

	(void)state;
	snprintf(path, sizeof path, "%s/world", folder);
	assert_int_equal(world_open(&reader, path, &err), ERR_GONE);
	assert_int_equal(world_create(&writer, path, &err), 0);
	assert_int_equal(world_open(&reader, path, &err), 0);
	world_set(writer, -1234567, 99);
	assert_int_equal(reader->true_angle_mdeg, -1234567);
	assert_int_equal(reader->updated_ns, 99);
	world_close(reader);
}

static void test_world_keeps_its_angle_over_a_restart(void **state)
{
	struct world *writer = NULL;
	struct err err;
	char path[96];

	(void)state;
	snprintf(path, sizeof path, "%s/world", folder);
	assert_int_equal(world_create(&writer, path, &err), 0);
	world_set(writer, 45000, 1);
	world_close(writer);
	assert_int_equal(world_create(&writer, path, &err), 0);
	assert_int_equal(writer->true_angle_mdeg, 45000);
	world_close(writer);
}

static void test_world_refuses_another_file(void **state)
{
	struct world *writer = NULL;
	char path[96], text[64] = "sixty-four bytes that are no world";
	struct err err;
	int fd;

	(void)state;
	snprintf(path, sizeof path, "%s/world", folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, text, sizeof text), sizeof text);
	assert_int_equal(world_create(&writer, path, &err), ERR_PROTO);
	assert_int_equal(write(fd, text, 1), 1);
	close(fd);
	assert_int_equal(world_create(&writer, path, &err), ERR_PROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_world_reader_sees_what_the_writer_set, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_world_keeps_its_angle_over_a_restart, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_world_refuses_another_file, make_folder, remove_folder),
	};

	return cmocka_run_group_tests_name("world", tests, NULL, NULL);
}
