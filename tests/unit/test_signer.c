/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "certs/authority.h"
#include "certs/layout.h"
#include "certs/trust.h"
#include "station/base/clock.h"
#include "station/evidence/signer_sandbox.h"
#include "tests/unit/signer_rig.h"
#include "tests/unit/temp_folder.h"

#define DIGEST SIGNER_DIGEST

struct fixture {
	struct signer_rig rig;
	char *folder;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct authority *authority;

	fixture->folder = temp_folder_new();
	assert_int_equal(authority_open(&authority, fixture->folder, NULL), 0);
	assert_int_equal(authority_init(authority, "Centre", NULL), 7);
	authority_free(authority);
	fixture->rig.options = (struct signer_options){
		.state_path = fixture->folder, .log_key = "", .media_key = "", .module = "", .pin_file = "",
	};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	temp_folder_free(fixture->folder);
	free(fixture);
	return 0;
}

static json_t *call_sign(struct fixture *fixture, const char *key, const char *digest)
{
	char line[512];

	snprintf(line, sizeof line, "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"signer.sign\", \"params\": "
		 "{\"key\": \"%s\", \"digest\": \"%s\"}}\n", key, digest);
	return signer_rig_call(&fixture->rig, line);
}

static bool verifies(struct fixture *fixture, const char *pem, const char *base64)
{
	CLEANUP(util_freep) char *path = layout_path(fixture->folder, pem);

	return signer_rig_verify(path, base64);
}

static void test_signature_verifies_with_the_key_that_was_named_only(void **state)
{
	struct fixture *fixture = *state;
	const char *signature;
	json_t *answer;

	signer_rig_start(&fixture->rig);
	answer = call_sign(fixture, "log", DIGEST);
	signature = json_string_value(json_object_get(json_object_get(answer, "result"), "signature"));
	assert_non_null(signature);
	assert_true(verifies(fixture, LAYOUT_LOG_PEM, signature));
	assert_false(verifies(fixture, LAYOUT_MEDIA_PEM, signature));
	json_decref(answer);
	answer = call_sign(fixture, "media", DIGEST);
	signature = json_string_value(json_object_get(json_object_get(answer, "result"), "signature"));
	assert_true(verifies(fixture, LAYOUT_MEDIA_PEM, signature));
	json_decref(answer);
	assert_int_equal(signer_rig_end(&fixture->rig), 0);
}

static void test_signer_refuses_all_but_a_named_key_and_a_digest(void **state)
{
	static const char *const bad[][2] = {
		{ "station", DIGEST }, { "", DIGEST }, { "log", "" }, { "log", DIGEST "00" },
		{ "log", "zz86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" },
		{ "log", "test" }, { "log\", \"text\": \"x", DIGEST },
	};
	struct fixture *fixture = *state;
	json_t *answer;

	signer_rig_start(&fixture->rig);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		answer = call_sign(fixture, bad[i][0], bad[i][1]);
		assert_null(json_object_get(answer, "result"));
		assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "error"), "code")),
				 -32602);
		json_decref(answer);
	}
	answer = signer_rig_call(&fixture->rig, "{\"jsonrpc\": \"2.0\", \"id\": 2, \"method\": \"signer.key\"}\n");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "error"), "code")), -32601);
	json_decref(answer);
	assert_int_equal(signer_rig_end(&fixture->rig), 0);
}

static json_t *call_checkpoint(struct fixture *fixture, const char *text, int old)
{
	json_t *request = json_pack("{s:s, s:i, s:s, s:{s:s, s:i, s:[]}}", "jsonrpc", "2.0", "id", 1, "method",
				    "signer.checkpoint", "params", "text", text, "old", old, "hashes");
	char *line = json_dumps(request, JSON_COMPACT);
	char with_end[1024];
	json_t *answer;

	snprintf(with_end, sizeof with_end, "%s\n", line);
	answer = signer_rig_call(&fixture->rig, with_end);
	json_decref(request);
	free(line);
	return answer;
}

static void test_signer_remembers_the_last_checkpoint_when_it_is_started_again(void **state)
{
	static const char first[] = "log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
	static const char other[] = "log\n1\nAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
	struct fixture *fixture = *state;
	json_t *answer;

	signer_rig_start(&fixture->rig);
	answer = call_checkpoint(fixture, first, 0);
	assert_non_null(json_object_get(json_object_get(answer, "result"), "line"));
	json_decref(answer);
	assert_int_equal(signer_rig_end(&fixture->rig), 0);
	signer_rig_start(&fixture->rig);
	answer = signer_rig_call(&fixture->rig, "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"signer.status\"}\n");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json_object_get(answer, "result"),
									    "checkpoint"), "size")), 1);
	json_decref(answer);
	answer = call_checkpoint(fixture, other, 1);
	assert_non_null(strstr(json_string_value(json_object_get(json_object_get(answer, "error"), "message")),
			       "does not continue"));
	json_decref(answer);
	assert_int_equal(signer_rig_end(&fixture->rig), 0);
}

static void test_status_names_the_certificates(void **state)
{
	struct fixture *fixture = *state;
	char *path = layout_path(fixture->folder, LAYOUT_MEDIA_PEM), id[65];
	X509 *media;
	json_t *answer, *keys;

	signer_rig_start(&fixture->rig);
	assert_int_equal(trust_read_certificate(&media, path, NULL), 0);
	issue_id(id, media, NULL);
	answer = signer_rig_call(&fixture->rig, "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"signer.status\"}\n");
	keys = json_object_get(json_object_get(answer, "result"), "keys");
	assert_int_equal(json_array_size(keys), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(keys, 1), "key")), "media");
	assert_string_equal(json_string_value(json_object_get(json_array_get(keys, 1), "id")), id);
	assert_true(json_integer_value(json_object_get(json_array_get(keys, 0), "until_utc_us")) >
		    clock_utc_us());
	json_decref(answer);
	X509_free(media);
	free(path);
	assert_int_equal(signer_rig_end(&fixture->rig), 0);
}

static void test_signer_will_not_start_with_a_key_open_to_others_or_anothers(void **state)
{
	struct fixture *fixture = *state;
	char *log = layout_path(fixture->folder, LAYOUT_LOG_KEY);
	char *media = layout_path(fixture->folder, LAYOUT_MEDIA_KEY);

	chmod(log, 0640);
	signer_rig_start(&fixture->rig);
	assert_int_equal(signer_rig_end(&fixture->rig), 1);
	unlink(log);
	assert_int_equal(symlink(media, log), 0);
	signer_rig_start(&fixture->rig);
	assert_int_equal(signer_rig_end(&fixture->rig), 1);
	unlink(log);
	assert_int_equal(rename(media, log), 0);
	signer_rig_start(&fixture->rig);
	assert_int_equal(signer_rig_end(&fixture->rig), 1);
	free(log);
	free(media);
}

/* Exit status 0 when everything that must fail does. */
static int try_everything(void)
{
	if (signer_sandbox(NULL) < 0)
		return 1;
#ifdef OSTEND_SANITIZED
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 1;
#else
	if (open("/dev/null", O_RDONLY) >= 0 || errno != EPERM)
		return 2;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
		return 3;
	if (fork() >= 0 || execl("/bin/true", "true", (char *)NULL) >= 0)
		return 4;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return 5;
	if (kill(getppid(), 0) >= 0)
		return 6;
#endif
	return 0;
}

static void test_sandbox_leaves_no_files_network_programs_or_code(void **state)
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
		TEST(test_signature_verifies_with_the_key_that_was_named_only),
		TEST(test_signer_refuses_all_but_a_named_key_and_a_digest),
		TEST(test_status_names_the_certificates),
		TEST(test_signer_remembers_the_last_checkpoint_when_it_is_started_again),
		TEST(test_signer_will_not_start_with_a_key_open_to_others_or_anothers),
#undef TEST
		cmocka_unit_test(test_sandbox_leaves_no_files_network_programs_or_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
