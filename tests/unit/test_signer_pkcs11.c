/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signer with the media key in a SoftHSM token; the log key stays in its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs/authority.h"
#include "certs/check.h"
#include "certs/layout.h"
#include "certs/profile.h"
#include "station/base/clock.h"
#include "station/evidence/signer_sandbox.h"
#include "tests/unit/signer_rig.h"
#include "tests/unit/temp_folder.h"

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define KEY_URI "pkcs11:token=ostend;object=media;type=private"
#define LEAVES_MS 9000		/* it looks for the token again after five seconds */

struct fixture {
	struct signer_rig rig;
	char *folder, *pin_file, *media_pem, *log_pem;
};

static void run(const char *format, ...)
{
	char command[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof command, format, arguments);
	va_end(arguments);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static char *path_in(const char *folder, const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
	return path;
}

static void write_pin(struct fixture *fixture, const char *pin)
{
	FILE *file = fopen(fixture->pin_file, "we");

	assert_true(fprintf(file, "%s\n", pin) > 0);
	fclose(file);
	assert_int_equal(chmod(fixture->pin_file, 0600), 0);
}

/* As the guide says it: the key that ostend-certs made goes into the token, and its file away. */
static void move_key_into_token(struct fixture *fixture)
{
	CLEANUP(util_freep) char *key = layout_path(fixture->folder, LAYOUT_MEDIA_KEY);

	run("mkdir %s/tokens && echo 'directories.tokendir = %s/tokens' >%s/softhsm2.conf", fixture->folder,
	    fixture->folder, fixture->folder);
	run("softhsm2-util --init-token --free --label ostend --pin 1234 --so-pin 5678 >/dev/null");
	run("openssl pkcs8 -topk8 -nocrypt -in %s -out %s/media.p8", key, fixture->folder);
	run("softhsm2-util --import %s/media.p8 --token ostend --label media --id 01 --pin 1234 >/dev/null",
	    fixture->folder);
	run("rm %s/media.p8 %s", fixture->folder, key);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct authority *authority;
	CLEANUP(util_freep) char *conf = NULL;

	*state = fixture;
	if (access(MODULE, R_OK) < 0)
		return 0;	/* each test skips itself */
	fixture->folder = temp_folder_new();
	conf = path_in(fixture->folder, "softhsm2.conf");
	setenv("SOFTHSM2_CONF", conf, 1);
	assert_int_equal(authority_open(&authority, fixture->folder, NULL), 0);
	assert_true(authority_init(authority, "Centre", NULL) > 0);
	authority_free(authority);
	fixture->pin_file = path_in(fixture->folder, "pin");
	fixture->media_pem = layout_path(fixture->folder, LAYOUT_MEDIA_PEM);
	fixture->log_pem = layout_path(fixture->folder, LAYOUT_LOG_PEM);
	write_pin(fixture, "1234");
	move_key_into_token(fixture);
	fixture->rig.options = (struct signer_options){
		.state_path = fixture->folder, .log_key = "", .media_key = KEY_URI, .module = MODULE,
		.pin_file = fixture->pin_file,
	};
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->folder)
		temp_folder_free(fixture->folder);
	free(fixture->pin_file);
	free(fixture->media_pem);
	free(fixture->log_pem);
	free(fixture);
	return 0;
}

static struct fixture *start(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture->folder) {
		print_message("SoftHSM is not installed\n");
		skip();
	}
	signer_rig_start(&fixture->rig);
	return fixture;
}

static void assert_signs(struct fixture *fixture, const char *key, const char *pem)
{
	char reason[256];
	CLEANUP(util_freep) char *signature = signer_rig_sign(&fixture->rig, key, reason);

	if (!signature)
		fail_msg("%s", reason);
	assert_true(signer_rig_verify(pem, signature));
}

static void assert_refuses(struct fixture *fixture, const char *words)
{
	char reason[256];
	CLEANUP(util_freep) char *signature = signer_rig_sign(&fixture->rig, "media", reason);

	assert_null(signature);
	if (!strstr(reason, words))
		fail_msg("\"%s\" does not say \"%s\"", reason, words);
}

static void test_the_key_in_the_token_signs(void **state)
{
	struct fixture *fixture = start(state);
	json_t *answer, *keys;

	for (int i = 0; i < 20; i++)
		assert_signs(fixture, "media", fixture->media_pem);
	assert_signs(fixture, "log", fixture->log_pem);
	answer = signer_rig_call(&fixture->rig, "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"signer.status\"}\n");
	keys = json_object_get(json_object_get(answer, "result"), "keys");
	assert_string_equal(json_string_value(json_object_get(json_array_get(keys, 0), "place")), "file");
	assert_string_equal(json_string_value(json_object_get(json_array_get(keys, 1), "place")), "token");
	json_decref(answer);
	assert_int_equal(signer_rig_end(&fixture->rig), 0);
}

static void test_a_station_may_start_without_the_file_of_a_key_in_a_token(void **state)
{
	static const char *const hosts[] = { "localhost", NULL };
	struct fixture *fixture = *state;
	struct authority *authority;
	struct err err = { 0 };

	if (!fixture->folder)
		skip();
	assert_int_equal(authority_open(&authority, fixture->folder, NULL), 0);
	assert_int_equal(authority_station(authority, hosts, clock_utc_us(), 0, false, NULL), 0);
	authority_free(authority);
	assert_int_equal(certs_check_start(fixture->folder, 0, &err), ERR_STATE);
	assert_non_null(strstr(err.text, LAYOUT_MEDIA_PEM));
	assert_int_equal(certs_check_start(fixture->folder, 1u << PROFILE_MEDIA, NULL), 0);
}

/* Three wrong ones would lock many tokens for good. */
static void test_a_wrong_pin_is_tried_once_and_costs_the_other_key_nothing(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture->folder)
		skip();
	write_pin(fixture, "9999");
	start(state);
	for (int i = 0; i < 5; i++)
		assert_refuses(fixture, "does not accept the PIN");
	assert_signs(fixture, "log", fixture->log_pem);
	write_pin(fixture, "1234");
	assert_refuses(fixture, "is not tried again");
	assert_int_equal(signer_rig_end(&fixture->rig), 0);
	signer_rig_start(&fixture->rig);
	assert_signs(fixture, "media", fixture->media_pem);
	assert_int_equal(signer_rig_end(&fixture->rig), 0);
}

static void test_a_token_that_is_taken_out_is_found_again_by_the_next_process(void **state)
{
	struct fixture *fixture = start(state);

	assert_signs(fixture, "media", fixture->media_pem);
	run("mv %s/tokens %s/drawer && mkdir %s/tokens", fixture->folder, fixture->folder, fixture->folder);
	assert_refuses(fixture, "the token has failed");
	assert_signs(fixture, "log", fixture->log_pem);
	assert_int_equal(signer_rig_wait(&fixture->rig, LEAVES_MS), 0);
	close(fixture->rig.fd);
	signer_rig_start(&fixture->rig);
	assert_refuses(fixture, "is the token plugged in?");
	run("rmdir %s/tokens && mv %s/drawer %s/tokens", fixture->folder, fixture->folder, fixture->folder);
	assert_int_equal(signer_rig_wait(&fixture->rig, LEAVES_MS), 0);
	close(fixture->rig.fd);
	signer_rig_start(&fixture->rig);
	assert_signs(fixture, "media", fixture->media_pem);
	assert_int_equal(signer_rig_end(&fixture->rig), 0);
}

static void test_another_key_in_the_token_is_refused(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture->folder)
		skip();
	run("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out %s/other.p8", fixture->folder);
	run("softhsm2-util --import %s/other.p8 --token ostend --label other --id 02 --pin 1234 >/dev/null",
	    fixture->folder);
	fixture->rig.options.media_key = "pkcs11:token=ostend;object=other;type=private";
	start(state);
	assert_refuses(fixture, "is not the P-256 key of");
	assert_int_equal(signer_rig_end(&fixture->rig), 0);
}

static void test_what_is_configured_wrongly_is_said_and_nothing_starts(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture->folder)
		skip();
	chmod(fixture->pin_file, 0640);
	start(state);
	assert_int_equal(signer_rig_end(&fixture->rig), 1);
	chmod(fixture->pin_file, 0600);
	fixture->rig.options.module = "";
	start(state);
	assert_int_equal(signer_rig_end(&fixture->rig), 1);
	fixture->rig.options.module = MODULE;
	fixture->rig.options.media_key = "media";
	start(state);
	assert_int_equal(signer_rig_end(&fixture->rig), 1);
}

/* Exit status 0 when everything that must fail does. */
static int try_everything(void)
{
	if (signer_sandbox_token(NULL) < 0)
		return 1;
#ifndef OSTEND_SANITIZED
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
		return 2;
	if (execl("/bin/true", "true", (char *)NULL) >= 0 || errno != EPERM)
		return 3;
#endif
	return 0;
}

static void test_the_wider_sandbox_has_no_network_and_no_programs(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(try_everything());
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		TEST(test_the_key_in_the_token_signs),
		TEST(test_a_station_may_start_without_the_file_of_a_key_in_a_token),
		TEST(test_a_wrong_pin_is_tried_once_and_costs_the_other_key_nothing),
		TEST(test_a_token_that_is_taken_out_is_found_again_by_the_next_process),
		TEST(test_another_key_in_the_token_is_refused),
		TEST(test_what_is_configured_wrongly_is_said_and_nothing_starts),
#undef TEST
		cmocka_unit_test(test_the_wider_sandbox_has_no_network_and_no_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
