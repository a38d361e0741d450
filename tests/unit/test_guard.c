/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "certs/authority.h"
#include "certs/check.h"
#include "certs/demo.h"
#include "certs/files.h"
#include "certs/layout.h"
#include "certs/limit.h"
#include "certs/guard.h"
#include "station/base/clock.h"
#include "tests/unit/temp_folder.h"

#include <openssl/pem.h>
#include <sys/stat.h>

#define DAY_US (INT64_C(86400) * 1000000)

static const char *const hosts[] = { "127.0.0.1", "localhost", NULL };

struct fixture {
	char *folder;
	struct guard *guard;
};

static struct authority *open_authority(const char *folder)
{
	struct authority *authority;
	struct err err = { 0 };

	if (authority_open(&authority, folder, &err) < 0)
		fail_msg("%s", err.text);
	return authority;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct authority *authority;
	struct err err = { 0 };

	fixture->folder = temp_folder_new();
	authority = open_authority(fixture->folder);
	assert_int_equal(authority_init(authority, "Centre", &err), 7);
	assert_int_equal(authority_station(authority, hosts, clock_utc_us(), 0, false, &err), 0);
	authority_free(authority);
	assert_int_equal(guard_open(&fixture->guard, fixture->folder, &err), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	guard_free(fixture->guard);
	temp_folder_free(fixture->folder);
	free(fixture);
	return 0;
}

/* ---- passes ---- */

static void add_pass(struct fixture *fixture, char *text, int64_t until_us, bool reusable)
{
	struct authority *authority = open_authority(fixture->folder);
	struct err err = { 0 };

	pass_text_new(text);
	assert_int_equal(authority_pass(authority, text, "Li Wei", ROLE_DEFENCE, until_us, reusable, &err),
			 0);
	authority_free(authority);
	assert_int_equal(guard_poll(fixture->guard, &err), 1);
}

static int try_pass(struct fixture *fixture, const char *text, const char *peer, char *token)
{
	struct identity identity;

	return guard_check_pass(fixture->guard, text, peer, &identity, token, NULL, NULL);
}

static void test_pass_lets_in_once_under_its_name_and_role(void **state)
{
	struct fixture *fixture = *state;
	char text[PASS_TEXT_SIZE], id[65];
	struct identity identity = { 0 };
	struct err err = { 0 };

	add_pass(fixture, text, clock_utc_us() + DAY_US, false);
	assert_int_equal(guard_check_pass(fixture->guard, text, "198.18.0.2:5000", &identity, NULL, NULL,
					  &err), 0);
	assert_string_equal(identity.name, "Li Wei");
	assert_int_equal(identity.role, ROLE_DEFENCE);
	assert_int_equal(identity.kind, IDENTITY_PASS);
	assert_int_equal(guard_pass_id(id, text), 0);
	assert_string_equal(identity.id, id);
	assert_int_equal(try_pass(fixture, text, "198.18.0.3:5000", NULL), ERR_DENIED);
}

static void test_pass_is_read_as_people_type_it(void **state)
{
	char plain[PASS_CHARS + 1];

	(void)state;
	assert_int_equal(pass_text_read(plain, "oOiIlL - abcd efgh-jkmn pq"), 0);
	assert_string_equal(plain, "001111ABCDEFGHJKMNPQ");
	assert_int_equal(pass_text_read(plain, "0000-0000-0000-0000-000"), ERR_RANGE);
	assert_int_equal(pass_text_read(plain, "0000-0000-0000-0000-00000"), ERR_RANGE);
	assert_int_equal(pass_text_read(plain, "0000-0000-0000-0000-000U"), ERR_RANGE);
	assert_int_equal(pass_text_read(plain, ""), ERR_RANGE);
}

static void test_wrong_used_expired_and_revoked_passes_sound_the_same(void **state)
{
	struct fixture *fixture = *state;
	char text[4][PASS_TEXT_SIZE], sentence[4][256], id[65];
	struct authority *authority;
	struct identity identity;
	struct err err = { 0 };

	pass_text_new(text[0]);
	add_pass(fixture, text[1], clock_utc_us() + DAY_US, false);
	assert_int_equal(try_pass(fixture, text[1], "198.18.0.2:1", NULL), 0);
	add_pass(fixture, text[2], clock_utc_us() - 1, false);
	add_pass(fixture, text[3], clock_utc_us() + DAY_US, false);
	guard_pass_id(id, text[3]);
	authority = open_authority(fixture->folder);
	assert_int_equal(authority_revoke(authority, id, &err), 1);
	authority_free(authority);
	assert_int_equal(guard_poll(fixture->guard, &err), 1);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(guard_check_pass(fixture->guard, text[i], "198.18.0.2:1", &identity, NULL,
						  NULL, &err), ERR_DENIED);
		strcpy(sentence[i], err.text);
		assert_string_equal(sentence[i], sentence[0]);
	}
}

static void test_session_of_a_pass_survives_a_restart_and_can_be_ended(void **state)
{
	struct fixture *fixture = *state;
	char text[PASS_TEXT_SIZE], token[GUARD_TOKEN_SIZE];
	struct identity identity = { 0 };
	struct err err = { 0 };
	char *path = layout_path(fixture->folder, LAYOUT_SESSIONS), *bytes;
	size_t len_bytes;

	add_pass(fixture, text, clock_utc_us() + DAY_US, false);
	assert_int_equal(try_pass(fixture, text, "198.18.0.2:1", token), 0);
	assert_int_equal(strlen(token), GUARD_TOKEN_SIZE - 1);
	assert_int_equal(files_read(&bytes, &len_bytes, path, &err), 0);
	assert_null(strstr(bytes, token));	/* at rest only as a hash */
	free(bytes);
	free(path);
	guard_free(fixture->guard);
	assert_int_equal(guard_open(&fixture->guard, fixture->folder, &err), 0);
	assert_int_equal(guard_check_session(fixture->guard, token, &identity, &err), 0);
	assert_string_equal(identity.name, "Li Wei");
	assert_int_equal(try_pass(fixture, text, "198.18.0.2:1", NULL), ERR_DENIED);
	assert_int_equal(guard_end_session(fixture->guard, token, &err), 0);
	assert_int_equal(guard_check_session(fixture->guard, token, &identity, &err), ERR_DENIED);
	assert_int_equal(guard_check_session(fixture->guard, "", &identity, &err), ERR_DENIED);
	assert_int_equal(try_pass(fixture, text, "198.18.0.3:1", NULL), ERR_DENIED);
}

static void test_reusable_pass_lets_in_again_and_keeps_64_sessions(void **state)
{
	struct fixture *fixture = *state;
	char text[PASS_TEXT_SIZE], token[66][GUARD_TOKEN_SIZE];
	struct identity identity;

	add_pass(fixture, text, clock_utc_us() + DAY_US, true);
	for (int i = 0; i < 66; i++)
		assert_int_equal(try_pass(fixture, text, "198.18.0.2:1", token[i]), 0);
	assert_int_equal(guard_check_session(fixture->guard, token[1], &identity, NULL), ERR_DENIED);
	assert_int_equal(guard_check_session(fixture->guard, token[2], &identity, NULL), 0);
	assert_int_equal(guard_check_session(fixture->guard, token[65], &identity, NULL), 0);
}

static void test_five_wrong_passes_stop_an_address_but_no_other(void **state)
{
	struct fixture *fixture = *state;
	char right[PASS_TEXT_SIZE], wrong[PASS_TEXT_SIZE];
	struct identity identity;
	unsigned retry_s = 0;

	add_pass(fixture, right, clock_utc_us() + DAY_US, true);
	for (int i = 0; i < 5; i++) {
		pass_text_new(wrong);
		assert_int_equal(try_pass(fixture, wrong, "198.18.0.2:1", NULL), ERR_DENIED);
	}
	assert_int_equal(guard_check_pass(fixture->guard, right, "198.18.0.2:99", &identity, NULL, &retry_s,
					  NULL), ERR_FULL);
	assert_in_range(retry_s, 1, 60);
	assert_int_equal(try_pass(fixture, right, "198.18.0.3:1", NULL), 0);
	/* one IPv6 subscriber has 2^64 addresses */
	for (int i = 0; i < 5; i++) {
		char peer[32];

		snprintf(peer, sizeof peer, "[fd00::%d]:1", i + 1);
		assert_int_equal(try_pass(fixture, wrong, peer, NULL), ERR_DENIED);
	}
	assert_int_equal(try_pass(fixture, right, "[fd00::77]:1", NULL), ERR_FULL);
	assert_int_equal(try_pass(fixture, right, "[fd00:0:0:1::77]:1", NULL), 0);
}

static void test_ten_thousand_guesses_from_fifty_addresses_reach_a_pass_ten_times(void **state)
{
	struct fixture *fixture = *state;
	char aimed[PASS_TEXT_SIZE], other[PASS_TEXT_SIZE], guess[PASS_TEXT_SIZE], peer[32];
	int evaluated = 0;

	add_pass(fixture, aimed, clock_utc_us() + DAY_US, true);
	add_pass(fixture, other, clock_utc_us() + DAY_US, true);
	for (int i = 0; i < 10000; i++) {
		pass_text_new(guess);
		memcpy(guess, aimed, 4);	/* the attacker even knows which pass there is */
		snprintf(peer, sizeof peer, "198.18.1.%d:%d", i % 50, i);
		evaluated += try_pass(fixture, guess, peer, NULL) == ERR_DENIED;
	}
	assert_int_equal(evaluated, 10);
	assert_int_equal(try_pass(fixture, aimed, "198.18.2.1:1", NULL), ERR_FULL);
	assert_int_equal(try_pass(fixture, other, "198.18.2.1:1", NULL), 0);
}

static void test_limit_gives_back_one_try_each_interval(void **state)
{
	struct limit *limit = limit_new(2, 10 * NS_PER_S);

	(void)state;
	limit_count(limit, "a", 1);
	assert_int_equal(limit_wait_s(limit, "a", 1), 0);
	limit_count(limit, "a", 1);
	assert_int_equal(limit_wait_s(limit, "a", 1), 10);
	assert_int_equal(limit_wait_s(limit, "a", 1 + 10 * NS_PER_S), 0);
	limit_count(limit, "a", 1 + 10 * NS_PER_S);
	assert_int_equal(limit_wait_s(limit, "a", 1 + 10 * NS_PER_S), 10);
	for (int i = 0; i < 3 * LIMIT_KEYS; i++) {
		char key[16];

		snprintf(key, sizeof key, "k%d", i);
		limit_count(limit, key, 2 * i);
	}
	assert_int_equal(limit_wait_s(limit, "b", 1), 0);
	limit_free(limit);
}

/* ---- certificates ---- */

static X509 *issue_person(struct fixture *fixture, const char *name, int64_t from_us, int days)
{
	struct authority *authority = open_authority(fixture->folder);
	struct err err = { 0 };
	X509 *certificate;
	EVP_PKEY *key;

	assert_int_equal(issue_key(&key, PROFILE_PERSON, &err), 0);
	assert_int_equal(authority_person(authority, &certificate, key, name, ROLE_JUDGE, from_us, days,
					  &err), 0);
	EVP_PKEY_free(key);
	authority_free(authority);
	return certificate;
}

static int check(struct fixture *fixture, X509 *certificate, struct err *err)
{
	struct identity identity;

	return guard_check_certificate(fixture->guard, certificate, NULL, &identity, err);
}

static void test_certificate_names_person_and_role(void **state)
{
	struct fixture *fixture = *state;
	X509 *certificate = issue_person(fixture, "法官 王芳, OU=x", clock_utc_us(), 0);
	struct identity identity = { 0 };
	struct err err = { 0 };

	assert_int_equal(guard_check_certificate(fixture->guard, certificate, NULL, &identity, &err), 0);
	assert_string_equal(identity.name, "法官 王芳, OU=x");
	assert_int_equal(identity.role, ROLE_JUDGE);
	assert_int_equal(identity.kind, IDENTITY_CERTIFICATE);
	assert_int_equal(strlen(identity.id), 64);
	assert_true(identity.expires_utc_us > clock_utc_us() + 89 * DAY_US);
	X509_free(certificate);
}

static void test_certificate_out_of_its_time_is_refused(void **state)
{
	struct fixture *fixture = *state;
	X509 *expired = issue_person(fixture, "A", clock_utc_us() - 2 * DAY_US, 1);
	X509 *early = issue_person(fixture, "B", clock_utc_us() + DAY_US, 1);
	struct err err = { 0 };

	assert_int_equal(check(fixture, expired, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "expired"));
	assert_int_equal(check(fixture, early, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "not yet valid"));
	X509_free(expired);
	X509_free(early);
}

static X509 *read_certificate(const char *folder, const char *name)
{
	char *path = layout_path(folder, name);
	FILE *file = fopen(path, "r");
	X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);

	fclose(file);
	free(path);
	return certificate;
}

static void test_only_a_persons_certificate_lets_in(void **state)
{
	static const char *const others[] = { LAYOUT_STATION_PEM, LAYOUT_LOG_PEM, LAYOUT_CA_PEM,
					      LAYOUT_ROOT_PEM };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		X509 *certificate = read_certificate(fixture->folder, others[i]);

		assert_int_equal(check(fixture, certificate, NULL), ERR_DENIED);
		X509_free(certificate);
	}
}

static void test_certificate_of_another_centre_with_the_same_name_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct fixture foreign = { .folder = temp_folder_new() };
	struct authority *authority = open_authority(foreign.folder);
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct identity identity;
	X509 *certificate;

	assert_int_equal(authority_init(authority, "Centre", NULL), 7);
	authority_free(authority);
	certificate = issue_person(&foreign, "Mallory", clock_utc_us(), 0);
	sk_X509_push(chain, read_certificate(foreign.folder, LAYOUT_CA_PEM));
	sk_X509_push(chain, read_certificate(foreign.folder, LAYOUT_ROOT_PEM));
	assert_int_equal(guard_check_certificate(fixture->guard, certificate, chain, &identity, NULL),
			 ERR_DENIED);
	sk_X509_pop_free(chain, X509_free);
	X509_free(certificate);
	temp_folder_free(foreign.folder);
}

static void test_revocation_is_seen_at_the_next_poll_by_new_and_old(void **state)
{
	struct fixture *fixture = *state;
	X509 *judge = issue_person(fixture, "Judge Wang", clock_utc_us(), 0);
	X509 *clerk = issue_person(fixture, "Clerk Sun", clock_utc_us(), 0);
	struct identity identity[2];
	struct authority *authority;
	struct err err = { 0 };

	guard_check_certificate(fixture->guard, judge, NULL, &identity[0], &err);
	guard_check_certificate(fixture->guard, clerk, NULL, &identity[1], &err);
	assert_int_equal(guard_is_valid(fixture->guard, &identity[0], &err), 0);
	authority = open_authority(fixture->folder);
	assert_int_equal(authority_revoke(authority, "Judge Wang", &err), 1);
	assert_int_equal(authority_revoke(authority, "Judge Wang", &err), ERR_GONE);
	authority_free(authority);
	assert_int_equal(guard_poll(fixture->guard, &err), 1);
	assert_int_equal(guard_is_valid(fixture->guard, &identity[0], &err), ERR_DENIED);
	assert_int_equal(check(fixture, judge, &err), ERR_DENIED);
	assert_int_equal(guard_is_valid(fixture->guard, &identity[1], &err), 0);
	assert_int_equal(guard_poll(fixture->guard, &err), 0);
	X509_free(judge);
	X509_free(clerk);
}

static void test_crl_alone_revokes_too(void **state)
{
	struct fixture *fixture = *state;
	X509 *judge = issue_person(fixture, "Judge Wang", clock_utc_us(), 0);
	char *path = layout_path(fixture->folder, LAYOUT_DENIED);
	struct authority *authority;
	struct identity identity;
	struct err err = { 0 };

	assert_int_equal(guard_check_certificate(fixture->guard, judge, NULL, &identity, &err), 0);
	authority = open_authority(fixture->folder);
	assert_int_equal(authority_revoke(authority, "Judge Wang", &err), 1);
	authority_free(authority);
	unlink(path);
	assert_int_equal(guard_poll(fixture->guard, &err), 1);
	assert_int_equal(guard_is_valid(fixture->guard, &identity, &err), ERR_DENIED);
	assert_int_equal(check(fixture, judge, &err), ERR_DENIED);
	X509_free(judge);
	free(path);
}

/* A CRL of the issuing CA as it would have been made @age_us ago. */
static void age_crl(struct fixture *fixture, int64_t age_us)
{
	char *key_path = layout_path(fixture->folder, LAYOUT_CA_KEY);
	char *crl_path = layout_path(fixture->folder, LAYOUT_CA_CRL);
	struct issuer issuer = { .certificate = read_certificate(fixture->folder, LAYOUT_CA_PEM) };
	struct records none = { .kind = RECORDS_ISSUED };
	FILE *file = fopen(key_path, "r");
	X509_CRL *crl;

	issuer.key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	assert_int_equal(issue_crl(&crl, &issuer, &none, clock_utc_us() - age_us, CRL_DAYS_CA, NULL), 0);
	file = fopen(crl_path, "w");
	PEM_write_X509_CRL(file, crl);
	fclose(file);
	X509_CRL_free(crl);
	X509_free(issuer.certificate);
	EVP_PKEY_free(issuer.key);
	free(key_path);
	free(crl_path);
}

static void test_crl_is_good_for_24_hours_after_its_end_and_no_longer(void **state)
{
	struct fixture *fixture = *state;
	X509 *judge = issue_person(fixture, "Judge Wang", clock_utc_us(), 0);
	struct identity identity;
	struct err err = { 0 };

	assert_false(guard_warning(fixture->guard, &err));
	age_crl(fixture, CRL_DAYS_CA * DAY_US + 23 * DAY_US / 24);
	assert_int_equal(guard_poll(fixture->guard, &err), 1);
	assert_int_equal(guard_check_certificate(fixture->guard, judge, NULL, &identity, &err), 0);
	assert_true(guard_warning(fixture->guard, &err));
	assert_non_null(strstr(err.text, "ca.crl"));
	age_crl(fixture, CRL_DAYS_CA * DAY_US + 25 * DAY_US / 24);
	assert_int_equal(guard_poll(fixture->guard, &err), 1);
	assert_int_equal(check(fixture, judge, &err), ERR_STATE);
	assert_non_null(strstr(err.text, "ostend-certs crl"));
	assert_int_equal(guard_is_valid(fixture->guard, &identity, &err), 0);
	assert_int_equal(certs_check_start(fixture->folder, 0, &err), ERR_STATE);
	assert_int_equal(certs_check_start(fixture->folder, 0, NULL), ERR_STATE);
	X509_free(judge);
}

static void test_unreadable_file_keeps_those_inside_and_refuses_new_ones(void **state)
{
	struct fixture *fixture = *state;
	X509 *judge = issue_person(fixture, "Judge Wang", clock_utc_us(), 0);
	char *path = layout_path(fixture->folder, LAYOUT_DENIED), pass[PASS_TEXT_SIZE];
	struct identity identity;
	struct err err = { 0 };

	add_pass(fixture, pass, clock_utc_us() + DAY_US, true);
	assert_int_equal(guard_check_certificate(fixture->guard, judge, NULL, &identity, &err), 0);
	assert_int_equal(files_replace(path, "{\"version\": 1}", 14, &err), 0);
	assert_int_equal(guard_poll(fixture->guard, &err), ERR_TAMPER);
	assert_int_equal(guard_poll(fixture->guard, &err), 0);
	assert_int_equal(guard_is_valid(fixture->guard, &identity, &err), 0);
	assert_int_equal(check(fixture, judge, &err), ERR_STATE);
	assert_int_equal(try_pass(fixture, pass, "198.18.0.2:1", NULL), ERR_STATE);
	unlink(path);
	assert_int_equal(guard_poll(fixture->guard, &err), 1);
	assert_int_equal(check(fixture, judge, &err), 0);
	X509_free(judge);
	free(path);
}

/* ---- start ---- */

static void expect_refusal(struct fixture *fixture, int code, const char *word)
{
	struct err err = { 0 };

	assert_int_equal(certs_check_start(fixture->folder, 0, &err), code);
	if (!strstr(err.text, word))
		fail_msg("\"%s\" does not say \"%s\"", err.text, word);
}

static void change_mode(struct fixture *fixture, const char *name, mode_t mode, int code, const char *word)
{
	char *path = layout_path(fixture->folder, name);
	struct stat info;

	stat(path, &info);
	chmod(path, mode);
	expect_refusal(fixture, code, word);
	chmod(path, info.st_mode & 07777);
	free(path);
}

static void test_start_is_refused_while_secrets_are_open_to_others(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(certs_check_start(fixture->folder, 0, NULL), 0);
	change_mode(fixture, "", 0770, ERR_DENIED, "writable by others");
	change_mode(fixture, LAYOUT_LOG_KEY, 0640, ERR_DENIED, "log.key");
	change_mode(fixture, LAYOUT_STATION_KEY, 0604, ERR_DENIED, "readable by others");
	change_mode(fixture, LAYOUT_ISSUED, 0622, ERR_DENIED, "writable by others");
	chmod(fixture->folder, 0777);
	expect_refusal(fixture, ERR_DENIED, fixture->folder);
	chmod(fixture->folder, 0700);
	assert_int_equal(certs_check_start(fixture->folder, 0, NULL), 0);
}

static void remake_station(struct fixture *fixture, int64_t from_us, int days)
{
	struct authority *authority = open_authority(fixture->folder);

	assert_int_equal(authority_station(authority, hosts, from_us, days, true, NULL), 0);
	authority_free(authority);
}

static void test_start_is_refused_with_a_certificate_that_is_not_valid_now(void **state)
{
	struct fixture *fixture = *state;
	char *key = layout_path(fixture->folder, LAYOUT_STATION_KEY);
	char *other = layout_path(fixture->folder, LAYOUT_MEDIA_KEY);
	char *bytes;
	size_t len_bytes;

	remake_station(fixture, clock_utc_us() - 10 * DAY_US, 9);
	expect_refusal(fixture, ERR_STATE, "expired");
	remake_station(fixture, clock_utc_us() + DAY_US, 9);
	expect_refusal(fixture, ERR_STATE, "not valid before");
	remake_station(fixture, clock_utc_us(), 9);
	assert_int_equal(certs_check_start(fixture->folder, 0, NULL), 0);
	assert_int_equal(files_read(&bytes, &len_bytes, other, NULL), 0);
	assert_int_equal(files_replace(key, bytes, len_bytes, NULL), 0);
	expect_refusal(fixture, ERR_TAMPER, "is not the key of");
	unlink(key);
	expect_refusal(fixture, ERR_STATE, "missing");
	assert_int_equal(certs_check_start(fixture->folder, 0, NULL), ERR_STATE);
	free(bytes);
	free(key);
	free(other);
}

static void test_warning_names_what_ends_within_30_days(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };

	remake_station(fixture, clock_utc_us(), 31);
	assert_false(guard_warning(fixture->guard, &err));
	remake_station(fixture, clock_utc_us(), 29);
	assert_true(guard_warning(fixture->guard, &err));
	assert_non_null(strstr(err.text, LAYOUT_STATION_PEM));
}

/* ---- demonstration ---- */

static void test_demo_keeps_its_passes_and_sessions_over_a_restart(void **state)
{
	static const char *const more[] = { "127.0.0.1", "station.test", NULL };
	char *folder = temp_folder_new(), token[GUARD_TOKEN_SIZE];
	struct demo_certs first, again;
	struct fixture fixture = { .folder = folder };
	struct identity identity;
	struct err err = { 0 };
	X509 *station;

	(void)state;
	assert_int_equal(demo_certs_make(&first, folder, hosts, &err), 0);
	assert_int_equal(certs_check_start(folder, 0, &err), 0);
	assert_int_equal(guard_open(&fixture.guard, folder, &err), 0);
	for (int role = 0; role < ROLE_COUNT; role++) {
		assert_int_equal(guard_check_pass(fixture.guard, first.pass[role], "127.0.0.1:1", &identity,
						  token, NULL, &err), 0);
		assert_int_equal(identity.role, role);
	}
	guard_free(fixture.guard);
	assert_int_equal(demo_certs_make(&again, folder, more, &err), 0);
	for (int role = 0; role < ROLE_COUNT; role++)
		assert_string_equal(first.pass[role], again.pass[role]);
	station = read_certificate(folder, LAYOUT_STATION_PEM);
	assert_int_equal(X509_check_host(station, "station.test", 0, 0, NULL), 1);
	assert_int_equal(guard_open(&fixture.guard, folder, &err), 0);
	assert_int_equal(guard_check_session(fixture.guard, token, &identity, &err), 0);
	assert_int_equal(certs_check_start(folder, 0, &err), 0);
	guard_free(fixture.guard);
	X509_free(station);
	demo_certs_clear(&first);
	demo_certs_clear(&again);
	temp_folder_free(folder);
}

static void test_demo_never_touches_a_real_centre(void **state)
{
	struct fixture *fixture = *state;
	struct demo_certs demo;
	struct err err = { 0 };

	assert_int_equal(demo_certs_make(&demo, fixture->folder, hosts, &err), ERR_STATE);
	assert_non_null(strstr(err.text, "real centre"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		TEST(test_pass_lets_in_once_under_its_name_and_role),
		TEST(test_wrong_used_expired_and_revoked_passes_sound_the_same),
		TEST(test_session_of_a_pass_survives_a_restart_and_can_be_ended),
		TEST(test_reusable_pass_lets_in_again_and_keeps_64_sessions),
		TEST(test_five_wrong_passes_stop_an_address_but_no_other),
		TEST(test_ten_thousand_guesses_from_fifty_addresses_reach_a_pass_ten_times),
		TEST(test_certificate_names_person_and_role),
		TEST(test_certificate_out_of_its_time_is_refused),
		TEST(test_only_a_persons_certificate_lets_in),
		TEST(test_certificate_of_another_centre_with_the_same_name_is_refused),
		TEST(test_revocation_is_seen_at_the_next_poll_by_new_and_old),
		TEST(test_crl_alone_revokes_too),
		TEST(test_crl_is_good_for_24_hours_after_its_end_and_no_longer),
		TEST(test_unreadable_file_keeps_those_inside_and_refuses_new_ones),
		TEST(test_start_is_refused_while_secrets_are_open_to_others),
		TEST(test_start_is_refused_with_a_certificate_that_is_not_valid_now),
		TEST(test_warning_names_what_ends_within_30_days),
		TEST(test_demo_never_touches_a_real_centre),
#undef TEST
		cmocka_unit_test(test_pass_is_read_as_people_type_it),
		cmocka_unit_test(test_limit_gives_back_one_try_each_interval),
		cmocka_unit_test(test_demo_keeps_its_passes_and_sessions_over_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
