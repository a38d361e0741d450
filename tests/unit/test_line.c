/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines: settings that are taken or refused, exclusive opening, and finding a device again.
 *
 * A pty has no parity, no identity and any speed. Identities come from a folder made here to look like
 * /sys: its device numbers are those of our ptys, so each of them is "plugged in" as a USB adapter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/loop.h"
#include "turntable/line.h"
#include "turntable/sim.h"
#include "turntable/table.h"

#define PATH_SIZE 512
#define WAIT_NS (20 * NS_PER_S)

static const struct line_settings usual = { .baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'N' };

struct machine {
	char folder[64], sys[96], dev[96];
};

/* --- a machine of our own -------------------------------------------------------------------------- */

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[PATH_SIZE];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "%s\n", text);
	fclose(file);
}

static void make_folder(const char *path)
{
	char part[PATH_SIZE];

	snprintf(part, sizeof part, "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(part, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
	assert_true(mkdir(part, 0700) == 0 || errno == EEXIST);
}

static void make_link(const char *target, const char *format, ...)
{
	char path[PATH_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof path, format, args);
	va_end(args);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

struct device { const char *name, *socket, *product, *serial; };

/* @device is there as /dev/NAME, its node being the pty at @pty; sysfs as of a CH340 at its socket. */
static void plug_in(const struct machine *machine, const struct device *device, const char *pty)
{
	char usb[PATH_SIZE], interface[PATH_SIZE], port[PATH_SIZE], tty[PATH_SIZE];
	struct stat st;

	assert_int_equal(stat(pty, &st), 0);
	snprintf(usb, sizeof usb, "%s/devices/usb1/%s", machine->sys, device->socket);
	snprintf(interface, sizeof interface, "%.200s/%s:1.0", usb, device->socket);
	snprintf(port, sizeof port, "%.300s/%s", interface, device->name);
	snprintf(tty, sizeof tty, "%s/class/tty/%s", machine->sys, device->name);
	make_folder(port);
	make_folder(tty);
	write_file(usb, "idVendor", "1a86");
	write_file(usb, "idProduct", device->product);
	if (device->serial)
		write_file(usb, "serial", device->serial);
	write_file(interface, "bInterfaceNumber", "00");
	make_link(port, "%s/device", tty);
	make_link(tty, "%s/dev/char/%u:%u", machine->sys, major(st.st_rdev), minor(st.st_rdev));
	make_link(pty, "%s/%s", machine->dev, device->name);
}

static void pull_out(const struct machine *machine, const struct device *device)
{
	char command[PATH_SIZE];

	snprintf(command, sizeof command, "rm -r '%s/devices/usb1/%s' '%s/class/tty/%s'; rm -f '%s/%s'", machine->sys,
		 device->socket, machine->sys, device->name, machine->dev, device->name);
	assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
	struct machine *machine = calloc(1, sizeof *machine);
	char path[PATH_SIZE];

	strcpy(machine->folder, "/tmp/ostend-line.XXXXXX");
	assert_non_null(mkdtemp(machine->folder));
	snprintf(machine->sys, sizeof machine->sys, "%s/sys", machine->folder);
	snprintf(machine->dev, sizeof machine->dev, "%s/dev", machine->folder);
	snprintf(path, sizeof path, "%s/dev/char", machine->sys);
	make_folder(path);
	make_folder(machine->dev);
	line_look_below(machine->sys, machine->dev);
	*state = machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;
	char command[128];

	line_look_below(NULL, NULL);
	snprintf(command, sizeof command, "rm -rf '%s'", machine->folder);
	free(machine);
	return system(command) != 0;
}

/* The master side of a new pty; the slave's path into @slave. */
static int open_pty(char *slave, size_t size)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	assert_int_equal(ptsname_r(master, slave, size), 0);
	return master;
}

/* --- settings -------------------------------------------------------------------------------------- */

static void test_speeds_that_have_no_constant_are_set_and_read_back(void **state)
{
	static const int bauds[] = { 2400, 4800, 9600, 19200, 115200, 250000, 12345 };
	char path[64];
	int master = open_pty(path, sizeof path);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bauds); i++) {
		struct line_settings settings = usual;
		CLEANUP(line_closep) struct line *line = NULL;
		struct err err;

		settings.baud = bauds[i];
		assert_int_equal(line_open(&line, path, &settings, &err), 0);
		settings.stop_bits = 2;
		assert_int_equal(line_set(line, &settings, &err), 0);
	}
	close(master);
}

/* The kernel takes parity on a pty "with success" and leaves it out; so may an adapter. */
static void test_parity_that_was_not_taken_is_an_error_that_says_so(void **state)
{
	static const char parities[] = { 'E', 'O' };
	char path[64];
	int master = open_pty(path, sizeof path);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parities); i++) {
		struct line_settings settings = usual;
		CLEANUP(line_closep) struct line *line = NULL;
		struct err err;

		settings.parity = parities[i];
		assert_int_equal(line_open(&line, path, &settings, &err), ERR_UNSUPPORTED);
		assert_non_null(strstr(err.text, parities[i] == 'E' ? "8E1" : "8O1"));
		assert_null(line);
	}
	close(master);
}

static void test_what_is_no_serial_line_is_refused(void **state)
{
	const struct machine *machine = *state;
	CLEANUP(line_closep) struct line *line = NULL;
	char path[PATH_SIZE];
	struct err err;

	write_file(machine->folder, "file", "not a line");
	snprintf(path, sizeof path, "%s/file", machine->folder);
	assert_int_equal(line_open(&line, path, &usual, &err), ERR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "is not a serial line"));
	assert_int_equal(line_open(&line, "/dev/nothing-here", &usual, &err), ERR_GONE);
}

static void test_a_held_line_is_not_even_opened(void **state)
{
	CLEANUP(line_closep) struct line *line = NULL;
	struct line *second = NULL;
	char path[64], own[32];
	int master = open_pty(path, sizeof path);
	struct err err;

	(void)state;
	assert_int_equal(line_open(&line, path, &usual, &err), 0);
	assert_int_equal(line_open(&second, path, &usual, &err), ERR_STATE);
	snprintf(own, sizeof own, "process %d", (int)getpid());
	assert_non_null(strstr(err.text, own));
	line = line_close(line);
	assert_int_equal(line_open(&line, path, &usual, &err), 0);
	close(master);
}

static void test_a_hang_up_is_not_silence(void **state)
{
	CLEANUP(line_closep) struct line *line = NULL;
	uint8_t bytes[8];
	char path[64];
	int master = open_pty(path, sizeof path);
	struct err err;

	(void)state;
	assert_int_equal(line_open(&line, path, &usual, &err), 0);
	assert_int_equal(line_read(line, bytes, sizeof bytes, &err), ERR_AGAIN);
	close(master);
	assert_int_equal(line_read(line, bytes, sizeof bytes, &err), ERR_GONE);
}

/* --- identity -------------------------------------------------------------------------------------- */

static const struct device with_serial = { "ttyUSB0", "1-1.2", "7523", "A1" },
			   without_serial = { "ttyUSB1", "1-1.3", "7523", NULL };

static void expect_identity(const char *path, const char *expected)
{
	char text[LINE_IDENTITY_MAX];

	line_describe(path, text, sizeof text);
	assert_string_equal(text, expected);
}

static void test_a_device_is_known_by_its_serial_number_or_its_socket(void **state)
{
	const struct machine *machine = *state;
	CLEANUP(line_closep) struct line *line = NULL;
	char first[64], second[64], path[PATH_SIZE];
	int masters[2] = { open_pty(first, sizeof first), open_pty(second, sizeof second) };
	struct err err;

	expect_identity(first, "");
	plug_in(machine, &with_serial, first);
	plug_in(machine, &without_serial, second);
	expect_identity(first, "usb 1a86:7523 serial A1 if 00");
	expect_identity(second, "usb 1a86:7523 at 1-1.3 if 00");
	snprintf(path, sizeof path, "%s/ttyUSB0", machine->dev);
	assert_int_equal(line_open(&line, path, &usual, &err), 0);	/* through its link, as by-id ones are */
	assert_string_equal(line_identity(line), "usb 1a86:7523 serial A1 if 00");
	close(masters[0]);
	close(masters[1]);
}

static void test_a_device_is_found_under_another_name(void **state)
{
	const struct machine *machine = *state;
	struct device elsewhere = with_serial;
	char first[64], second[64], path[PATH_SIZE], expected[PATH_SIZE];
	int masters[2] = { open_pty(first, sizeof first), open_pty(second, sizeof second) };
	struct err err;

	plug_in(machine, &with_serial, first);
	plug_in(machine, &without_serial, second);
	pull_out(machine, &with_serial);
	assert_int_equal(line_find("usb 1a86:7523 serial A1 if 00", path, sizeof path, &err), ERR_GONE);
	elsewhere.name = "ttyUSB7";
	elsewhere.socket = "2-4";
	plug_in(machine, &elsewhere, first);
	assert_int_equal(line_find("usb 1a86:7523 serial A1 if 00", path, sizeof path, &err), 0);
	snprintf(expected, sizeof expected, "%s/ttyUSB7", machine->dev);
	assert_string_equal(path, expected);
	close(masters[0]);
	close(masters[1]);
}

static void test_two_devices_with_one_serial_number_are_not_guessed_at(void **state)
{
	const struct machine *machine = *state;
	struct device twin = { "ttyUSB5", "1-4", "7523", "A1" };
	char first[64], second[64], path[PATH_SIZE];
	int masters[2] = { open_pty(first, sizeof first), open_pty(second, sizeof second) };
	struct err err;

	plug_in(machine, &with_serial, first);
	plug_in(machine, &twin, second);
	assert_int_equal(line_find("usb 1a86:7523 serial A1 if 00", path, sizeof path, &err), ERR_STATE);
	assert_non_null(strstr(err.text, "2 devices"));
	close(masters[0]);
	close(masters[1]);
}

struct names { char text[PATH_SIZE]; };

static void add_name(void *owner, const char *path)
{
	struct names *names = owner;

	strncat(names->text, strrchr(path, '/'), sizeof names->text - strlen(names->text) - 1);
}

static void test_ports_are_listed_in_order_and_without_those_that_have_no_chip(void **state)
{
	const struct machine *machine = *state;
	struct device tenth = { "ttyUSB10", "1-7", "7523", NULL };
	char pty[64], folder[PATH_SIZE];
	int master = open_pty(pty, sizeof pty);
	struct names names = { "" };

	plug_in(machine, &tenth, pty);
	plug_in(machine, &without_serial, pty);
	snprintf(folder, sizeof folder, "%s/class/tty/console", machine->sys);
	make_folder(folder);		/* no device behind it */
	snprintf(folder, sizeof folder, "%s/class/tty/ttyS3", machine->sys);
	make_folder(folder);
	make_link(machine->sys, "%s/device", folder);
	write_file(folder, "type", "0");
	line_list(add_name, &names);
	assert_string_equal(names.text, "/ttyUSB1/ttyUSB10");
	close(master);
}

/* --- a table that comes back under another name ----------------------------------------------------- */

struct sim_process {
	pid_t pid;
	int in, out;
	char link[PATH_SIZE], pty[64];
};

/* Its answer to @command, and where its link points to now. */
static void tell(struct sim_process *sim, const char *command, const char *link)
{
	char text[PATH_SIZE];
	ssize_t len;

	assert_int_equal(write(sim->in, command, strlen(command)), (ssize_t)strlen(command));
	len = read(sim->out, text, sizeof text);
	assert_true(len > 4 && memcmp(text, "done", 4) == 0);
	if (!link)
		return;
	len = readlink(link, sim->pty, sizeof sim->pty - 1);
	assert_true(len > 0);
	sim->pty[len] = '\0';
}

static void start_sim(struct sim_process *sim, const struct machine *machine)
{
	struct sim_options options = { .driver = "grbl", .link = sim->link, .true_mdeg = -6000 };
	char ready[PATH_SIZE];
	int in[2], out[2];
	ssize_t len;

	snprintf(sim->link, sizeof sim->link, "%s/sim", machine->folder);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fflush(NULL);
	sim->pid = fork();
	if (sim->pid == 0) {
		close(in[1]);
		dup2(out[1], STDOUT_FILENO);
		options.commands_fd = in[0];
		_exit(sim_main(&options));
	}
	close(in[0]);
	close(out[1]);
	sim->in = in[1];
	sim->out = out[0];
	assert_true(read(sim->out, ready, sizeof ready) > 0);
	len = readlink(sim->link, sim->pty, sizeof sim->pty - 1);
	assert_true(len > 0);
	sim->pty[len] = '\0';
}

static void ignore_end(void *owner, const struct governor_end *end)
{
	(void)owner;
	(void)end;
}

static bool wait_for(struct loop *loop, struct table *table, bool ready)
{
	uint64_t until_ns = clock_mono_ns() + WAIT_NS;
	struct err err;

	while (clock_mono_ns() < until_ns) {
		if (ready ? table_ready(table) : table_line_error(table, &err) != 0)
			return true;
		loop_once(loop, 20);
	}
	return false;
}

static void test_a_table_plugged_in_elsewhere_is_found_and_another_device_is_not_taken_for_it(void **state)
{
	const struct machine *machine = *state;
	struct device other = { "ttyUSB0", "1-9", "7523", "B2" }, elsewhere = { "ttyUSB3", "1-5", "7523", "A1" };
	struct sim_process sim = { .pid = 0 };
	CLEANUP(loop_freep) struct loop *loop = NULL;
	CLEANUP(table_freep) struct table *table = NULL;
	const struct table_ops ops = { .ended = ignore_end };
	char port[PATH_SIZE], again[PATH_SIZE], command[PATH_SIZE + 8], pty[64];
	struct table_options options = { .driver = "grbl", .port = port, .limits = GOVERNOR_CONFIG_DEFAULT };
	int master = open_pty(pty, sizeof pty);
	struct err err;

	start_sim(&sim, machine);
	plug_in(machine, &with_serial, sim.pty);
	snprintf(port, sizeof port, "%s/ttyUSB0", machine->dev);
	assert_int_equal(loop_new(&loop, &err), 0);
	assert_int_equal(table_new(&table, loop, &options, &ops, &err), 0);
	assert_true(wait_for(loop, table, true));
	tell(&sim, "unplug\n", NULL);
	pull_out(machine, &with_serial);
	assert_true(wait_for(loop, table, false));
	plug_in(machine, &other, pty);		/* somebody plugs another thing in, and it takes the name */
	while (!strstr(err.text, "another device")) {
		loop_once(loop, 100);
		assert_true(table_line_error(table, &err) < 0);
	}
	pull_out(machine, &other);
	snprintf(again, sizeof again, "%s/again", machine->folder);
	snprintf(command, sizeof command, "plug %s\n", again);
	tell(&sim, command, again);
	plug_in(machine, &elsewhere, sim.pty);
	assert_true(wait_for(loop, table, true));
	table = table_free(table);
	close(sim.in);
	assert_int_equal(waitpid(sim.pid, NULL, 0), sim.pid);
	close(sim.out);
	close(master);
}

#define LINE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINE_TEST(test_speeds_that_have_no_constant_are_set_and_read_back),
		LINE_TEST(test_parity_that_was_not_taken_is_an_error_that_says_so),
		LINE_TEST(test_what_is_no_serial_line_is_refused),
		LINE_TEST(test_a_held_line_is_not_even_opened),
		LINE_TEST(test_a_hang_up_is_not_silence),
		LINE_TEST(test_a_device_is_known_by_its_serial_number_or_its_socket),
		LINE_TEST(test_a_device_is_found_under_another_name),
		LINE_TEST(test_two_devices_with_one_serial_number_are_not_guessed_at),
		LINE_TEST(test_ports_are_listed_in_order_and_without_those_that_have_no_chip),
		LINE_TEST(test_a_table_plugged_in_elsewhere_is_found_and_another_device_is_not_taken_for_it),
	};

	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
