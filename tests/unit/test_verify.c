/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ostend-verify on packages: whatever is done to one is noticed, and the file or entry is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/package_rig.h"
#include <openssl/cms.h>
#include "verify/cms_check.h"
#include "verify/package_check.h"

#define CHANGES 200		/* of one byte each; VERIFY_CHANGES in the environment: more */

static unsigned random_below(unsigned limit)
{
	static uint64_t seed = 20261124;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % limit;
}

static struct report *check_with(const struct package_rig *rig,
				 const struct package_options *options)
{
	FILE *nowhere = fopen(getenv("VERIFY_TALK") ? "/dev/stderr" : "/dev/null", "we");
	struct report *report = report_new(nowhere, false);

	assert_int_equal(package_check(report, rig->folder, options, NULL), 0);
	report_end(report, "");
	fclose(nowhere);
	return report;
}

static struct report *check(const struct package_rig *rig)
{
	struct package_options options = { .root = rig->certificates[RIG_ROOT] };

	return check_with(rig, &options);
}

/* Something is wrong: @id (NULL: anything) about @file (NULL: any). */
static void expect(const struct package_rig *rig, const char *id, const char *file)
{
	struct report *report = check(rig);

	if (!report_has(report, id, file))
		fail_msg("%s was not told of %s", id ? id : "nothing", file ? file : "any file");
	report_free(report);
}

static int set_up(void **state)
{
	*state = package_rig_new();
	return 0;
}

static int tear_down(void **state)
{
	package_rig_free(*state);
	return 0;
}

static void replace_in(const struct package_rig *rig, const char *name, const char *from,
		       const char *to)
{
	size_t len;
	char *bytes = package_rig_read(rig, name, &len),
	     *at = memmem(bytes, len, from, strlen(from));

	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	package_rig_write(rig, name, bytes, len);
	free(bytes);
}

static void test_a_true_package_is_good(void **state)
{
	struct report *report = check(*state);

	assert_int_equal(report_wrong(report), 0);
	report_free(report);
}

static void test_without_a_root_the_packages_own_is_taken_and_told(void **state)
{
	struct package_options options = { .root = NULL };
	struct report *report = check_with(*state, &options);

	assert_int_equal(report_wrong(report), 0);
	report_free(report);
}

/* --- one byte -------------------------------------------------------------------------------------- */

static const char *any_file(const struct package_rig *rig, unsigned which)
{
	if (which == rig->file_count)
		return "manifest.json";
	return which > rig->file_count ? "manifest.p7s" : rig->files[which].name;
}

static void test_each_of_many_single_byte_changes_is_caught_and_named(void **state)
{
	struct package_rig *rig = *state;
	const char *asked = getenv("VERIFY_CHANGES");
	int changes = asked ? atoi(asked) : CHANGES;

	for (int i = 0; i < changes; i++) {
		const char *name = any_file(rig, random_below((unsigned)rig->file_count + 2));
		struct report *report;
		size_t len, at;
		uint8_t *bytes = package_rig_read(rig, name, &len), before;

		at = random_below((unsigned)len);
		before = bytes[at];
		bytes[at] ^= (uint8_t)(1 + random_below(255));
		package_rig_write(rig, name, bytes, len);
		report = check(rig);
		if (!report_has(report, NULL, name))
			fail_msg("byte %zu of %s, %02x for %02x: not noticed", at, name, bytes[at],
				 before);
		report_free(report);
		bytes[at] = before;
		package_rig_write(rig, name, bytes, len);
		free(bytes);
	}
}

static void test_every_byte_of_the_signature_counts(void **state)
{
	static const uint8_t changes[] = { 0x01, 0x02, 0x10, 0x20, 0x80, 0xff };
	struct package_rig *rig = *state;
	struct chain signer = { .certificates = { rig->certificates[RIG_LOG] }, .count = 1 };
	size_t len, content_bytes;
	uint8_t *bytes = package_rig_read(rig, "manifest.p7s", &len);
	void *content = package_rig_read(rig, "manifest.json", &content_bytes);
	int64_t signed_utc_us;

	assert_int_equal(cms_check(bytes, len, content, content_bytes, &signer, rig->certificates,
				   RIG_KEYS, &signed_utc_us, NULL),
			 0);
	for (size_t at = 0; at < len; at++)
		for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
			bytes[at] ^= changes[i];
			if (cms_check(bytes, len, content, content_bytes, &signer,
				      rig->certificates, RIG_KEYS, &signed_utc_us, NULL) == 0)
				fail_msg("byte %zu of manifest.p7s, changed by %02x, makes no difference",
					 at, changes[i]);
			bytes[at] ^= changes[i];
		}
	for (size_t cut = 0; cut < len; cut++)
		assert_true(cms_check(bytes, cut, content, content_bytes, &signer,
				      rig->certificates, RIG_KEYS, &signed_utc_us, NULL) < 0);
	free(bytes);
	free(content);
}

static void test_a_second_signer_and_unsigned_words_are_refused(void **state)
{
	struct package_rig *rig = *state;
	struct chain signer = { .certificates = { rig->certificates[RIG_LOG] }, .count = 1 };
	size_t len, content_bytes;
	uint8_t *bytes = package_rig_read(rig, "manifest.p7s", &len), *again = NULL;
	const uint8_t *at = bytes;
	void *content = package_rig_read(rig, "manifest.json", &content_bytes);
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)len);
	CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	int64_t signed_utc_us;
	int again_len;

	assert_true(CMS_unsigned_add1_attr_by_NID(info, NID_pkcs9_unstructuredName,
						  V_ASN1_UTF8STRING, "extra", 5));
	again_len = i2d_CMS_ContentInfo(cms, &again);
	assert_true(again_len > 0);
	assert_int_equal(cms_check(again, (size_t)again_len, content, content_bytes, &signer,
				   rig->certificates, RIG_KEYS, &signed_utc_us, NULL),
			 ERR_TAMPER);
	OPENSSL_free(again);
	CMS_ContentInfo_free(cms);
	at = bytes;
	cms = d2i_CMS_ContentInfo(NULL, &at, (long)len);
	assert_non_null(CMS_add1_signer(cms, rig->certificates[RIG_MEDIA], rig->keys[RIG_MEDIA],
					EVP_sha256(),
					CMS_PARTIAL | CMS_NOSMIMECAP | CMS_REUSE_DIGEST));
	again = NULL;
	again_len = i2d_CMS_ContentInfo(cms, &again);
	assert_int_equal(cms_check(again, (size_t)again_len, content, content_bytes, &signer,
				   rig->certificates, RIG_KEYS, &signed_utc_us, NULL),
			 ERR_PROTO);
	OPENSSL_free(again);
	CMS_ContentInfo_free(cms);
	free(bytes);
	free(content);
}

/* --- files ----------------------------------------------------------------------------------------- */

static void test_every_file_taken_out_is_named(void **state)
{
	struct package_rig *rig = *state;

	for (unsigned i = 0; i < rig->file_count + 2; i++) {
		const char *name = any_file(rig, i);
		size_t len;
		char *bytes = package_rig_read(rig, name, &len),
		     *path = package_rig_path(rig, name);

		assert_int_equal(unlink(path), 0);
		expect(rig, NULL, name);
		package_rig_write(rig, name, bytes, len);
		free(bytes);
		free(path);
	}
}

static void test_every_file_cut_short_or_made_longer_is_named(void **state)
{
	struct package_rig *rig = *state;

	for (unsigned i = 0; i < rig->file_count + 2; i++) {
		const char *name = any_file(rig, i),
			   *told = strcmp(name, "manifest.json") == 0 ? "manifest.p7s" : name;
		size_t len;
		char *bytes = package_rig_read(rig, name, &len);

		package_rig_write(rig, name, bytes, len - 1);
		expect(rig, NULL, told);
		bytes[len] = '\n';
		package_rig_write(rig, name, bytes, len + 1);
		expect(rig, NULL, told);
		package_rig_write(rig, name, bytes, len);
		free(bytes);
	}
}

static void test_a_file_put_in_is_named(void **state)
{
	struct package_rig *rig = *state;
	char *path = package_rig_path(rig, "stills/more.jpg");

	package_rig_write(rig, "stills/0003.jpg", "x", 1);
	expect(rig, "file.surplus", "stills/0003.jpg");
	assert_int_equal(symlink("0001.jpg", path), 0);
	expect(rig, "file.kind", "stills/more.jpg");
	free(path);
}

static void test_a_link_in_the_place_of_a_file_is_refused(void **state)
{
	struct package_rig *rig = *state;
	char *path = package_rig_path(rig, "stills/0001.jpg"),
	     *other = package_rig_path(rig, "moved");

	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	expect(rig, "file.missing", "stills/0001.jpg");
	free(path);
	free(other);
}

/* The name of the file zz becomes @name, written as JSON. */
static void rename_in_manifest(const struct package_rig *rig, const char *name)
{
	static const char old[] = "\"name\":\"zz\"";
	size_t len, text_len;
	char *bytes = package_rig_read(rig, "manifest.json", &len),
	     *at = memmem(bytes, len, old, strlen(old)), *text;
	FILE *out = open_memstream(&text, &text_len);

	assert_non_null(at);
	fwrite(bytes, 1, (size_t)(at - bytes), out);
	fprintf(out, "\"name\":\"%s\"", name);
	fwrite(at + strlen(old), 1, len - (size_t)(at - bytes) - strlen(old), out);
	fclose(out);
	package_rig_write(rig, "manifest.json", text, text_len);
	free(text);
	free(bytes);
}

static void test_names_that_lead_out_of_the_package_are_refused(void **state)
{
	static const char *const names[] = {
		"../etc/passwd", "/etc/passwd", "a//b", "a/../b",	 "a/./b",  ".hidden", "a/",
		"a\\\\b",	 "a b",		"",	"manifest.json", "\\u00e9"
	};
	struct package_rig *rig = *state;
	struct rig_file *file = &rig->files[rig->file_count++];

	*file = (struct rig_file){ .name = "zz", .category = "minutes", .format = "text/plain", .bytes = strdup("x"), .len_bytes = 1,
				   .entry = -1 };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		package_rig_seal(rig);
		rename_in_manifest(rig, names[i]);
		expect(rig, "manifest.name", "manifest.json");
	}
}

/* --- who has keys ---------------------------------------------------------------------------------- */

static void test_signed_anew_by_another_key_of_the_same_name_is_caught(void **state)
{
	struct package_rig *rig = *state;
	struct package_options options = { .root = X509_dup(rig->certificates[RIG_ROOT]) };
	struct report *report;

	for (int i = 0; i < RIG_KEYS; i++)
		package_rig_renew(rig, i);	/* another centre of the same name */
	package_rig_seal(rig);
	report = check_with(rig, &options);
	assert_true(report_has(report, "certificate.root", "certificates/root.pem"));
	assert_true(report_has(report, "certificate.chain", "certificates/log.pem"));
	assert_true(report_has(report, "certificate.chain", "certificates/checkpoint.pem"));
	report_free(report);
	X509_free(options.root);
}

static void test_a_certificate_that_lets_a_person_in_signs_nothing(void **state)
{
	static const char *const uses[] = { "clientAuth", "serverAuth", "1.3.6.1.5.5.7.3.36,clientAuth" };
	struct package_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
		rig->media_use = uses[i];
		package_rig_renew(rig, RIG_MEDIA);
		package_rig_seal(rig);
		expect(rig, "certificate.chain", "certificates/media.pem");
	}
	rig->media_use = NULL;	/* the right kind, but not who signed the recordings */
	package_rig_renew(rig, RIG_MEDIA);
	package_rig_seal(rig);
	expect(rig, "recording.signer", "recordings/recording-001.mp4");
}

static void test_a_still_replaced_with_the_logs_own_key_is_caught_by_its_entry(void **state)
{
	struct package_rig *rig = *state;

	memset(package_rig_file(rig, "stills/0002.jpg")->bytes, 'x', 10);
	package_rig_seal(rig);
	expect(rig, "cross.digest", "stills/0002.jpg");
}

static void test_a_still_left_out_is_told_by_its_entry(void **state)
{
	struct package_rig *rig = *state;
	struct rig_file *file = package_rig_file(rig, "stills/0002.jpg");
	char *path = package_rig_path(rig, file->name);

	free(file->bytes);
	unlink(path);
	*file = rig->files[--rig->file_count];
	package_rig_seal(rig);
	expect(rig, "cross.withheld", "log/entries.jsonl");
	free(path);
}

static void test_an_entry_replaced_is_caught_by_its_proof(void **state)
{
	struct package_rig *rig = *state;

	replace_in(rig, "log/entries.jsonl", "\"actor\":\"Wang\"", "\"actor\":\"Zhao\"");
	expect(rig, "log.inclusion", "log/entries.jsonl");
	expect(rig, "file.changed", "log/entries.jsonl");
}

static void test_entries_in_another_order_are_caught(void **state)
{
	struct package_rig *rig = *state;
	size_t len;
	char *bytes = package_rig_read(rig, "log/entries.jsonl", &len), *copy = malloc(len);
	size_t first = (size_t)((char *)memchr(bytes, '\n', len) - bytes) + 1;
	size_t second = (size_t)((char *)memchr(bytes + first, '\n', len - first) - bytes) + 1;

	memcpy(copy, bytes + first, second - first);
	memcpy(copy + second - first, bytes, first);
	memcpy(copy + second, bytes + second, len - second);
	package_rig_write(rig, "log/entries.jsonl", copy, len);
	expect(rig, "log.order", "log/entries.jsonl");
	free(bytes);
	free(copy);
}

/* With all keys: the log is written anew from the entry on, and everything sealed again. */
static void
test_a_log_rewritten_after_the_opening_is_caught_by_a_checkpoint_that_was_kept(void **state)
{
	struct package_rig *rig = *state;
	size_t len;
	char *kept = package_rig_read(rig, "log/checkpoint", &len), *at;
	struct mapped note = { (const uint8_t *)kept, len };
	struct package_options options = { .root = rig->certificates[RIG_ROOT],
					   .checkpoint = &note };
	struct report *report = check_with(rig, &options);

	assert_int_equal(report_wrong(report), 0);
	report_free(report);
	rig->signed_size = rig->entry_count - 1;	/* a later statement of the same log proves nothing by itself */
	package_rig_seal(rig);
	report = check_with(rig, &options);
	assert_int_equal(report_wrong(report), 0);
	report_free(report);
	rig->signed_size = 0;
	at = strstr(rig->entries[rig->closed].line, "\"actor\":\"Wang\"");
	memcpy(at, "\"actor\":\"Zhao\"", 14);
	package_rig_seal(rig);
	report = check_with(rig, &options);
	assert_true(report_has(report, "log.fork", NULL));
	report_free(report);
	free(kept);
}

/* The newest statement of a shorter log, as a party keeps it, with the package of the longer one. */
static void check_with_kept(struct package_rig *rig, size_t entries, bool forked)
{
	size_t len;
	char *kept, *at;
	struct mapped note;
	struct package_options options = { .root = rig->certificates[RIG_ROOT], .checkpoint = &note };
	struct report *report;

	rig->signed_size = entries;
	package_rig_seal(rig);
	kept = package_rig_read(rig, "log/checkpoint", &len);
	note = (struct mapped){ (const uint8_t *)kept, len };
	rig->signed_size = 0;
	at = strstr(rig->entries[0].line, "\"actor\":\"Wang\"");
	if (forked)
		memcpy(at, "\"actor\":\"Zhao\"", 14);
	package_rig_seal(rig);
	report = check_with(rig, &options);
	assert_int_equal(report_has(report, "log.fork", "--checkpoint"), forked);
	assert_int_equal(report_wrong(report), forked);
	report_free(report);
	memcpy(at, "\"actor\":\"Wang\"", 14);
	free(kept);
}

static void test_a_log_written_anew_and_grown_past_what_was_kept_is_caught(void **state)
{
	struct package_rig *rig = *state;
	unsigned tried = 0;

	for (size_t size = rig->opened + 2; size <= rig->closed; size++)
		if (rig->entries[size - 1].shown) {
			check_with_kept(rig, size, false);
			check_with_kept(rig, size, true);
			tried++;
		}
	assert_true(tried > 0);
}

static void test_a_log_that_does_not_continue_its_opening_is_caught(void **state)
{
	struct package_rig *rig = *state;
	size_t len;
	char *opening = package_rig_read(rig, "log/opening-checkpoint", &len);
	char *at = strstr(rig->entries[0].line, "\"actor\":\"Wang\"");

	memcpy(at, "\"actor\":\"Zhao\"", 14);
	package_rig_seal(rig);
	package_rig_write(rig, "log/opening-checkpoint", opening, len);	/* the true one, which somebody kept */
	expect(rig, "log.consistency", "log/consistency.json");
	free(opening);
}

static void test_a_log_rolled_back_is_caught(void **state)
{
	struct package_rig *rig = *state;

	rig->signed_size = rig->closed - 1;	/* the newest statement is older than the closing one */
	for (size_t i = rig->closed; i < rig->entry_count; i++)
		rig->entries[i].shown = false;
	package_rig_seal(rig);
	expect(rig, "log.consistency", "log/consistency.json");
}

static void test_recordings_that_do_not_join_are_caught(void **state)
{
	struct package_rig *rig = *state;
	struct rig_file *first = package_rig_file(rig, "recordings/recording-001.mp4");

	/* cut the last fragment off: its pictures are signed nowhere, and the file after it says so */
	first->len_bytes -= 400;
	package_rig_seal(rig);
	expect(rig, NULL, "recordings/recording-001.mp4");
}

static void test_a_manifest_that_two_readers_could_read_in_two_ways_is_refused(void **state)
{
	static const struct { const char *from, *to;
	} changes[] = {
		{ "\"remarks\"", "\"station\"" },
		{ "\"complete\":true", "\"complete\":tru " },
		{ "\"remarks\":[]", "\"remarks\":00" },
	};
	struct package_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		package_rig_seal(rig);
		replace_in(rig, "manifest.json", changes[i].from, changes[i].to);
		expect(rig, "manifest.json", "manifest.json");
	}
}

/* --- tools that everybody has ------------------------------------------------------------------------ */

static bool shell_says_good(const struct package_rig *rig, const char *commands)
{
	char *whole;
	int status;

	assert_true(asprintf(&whole, "cd '%s' && { %s; } >/dev/null 2>&1", rig->folder, commands) >
		    0);
	status = system(whole);
	free(whole);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_openssl_and_sha256sum_say_the_same(void **state)
{
	static const char cms[] = "openssl cms -verify -binary -inform DER -in manifest.p7s "
				  "-content manifest.json"
				  " -CAfile certificates/root.pem -purpose any -out /dev/null";
	static const char sums[] = "sha256sum -c --strict SHA256SUMS";
	struct package_rig *rig = *state;

	assert_true(shell_says_good(rig, cms) && shell_says_good(rig, sums));
	replace_in(rig, "manifest.json", "\"made_by\":\"Wang\"", "\"made_by\":\"Zhao\"");
	replace_in(rig, "minutes.en.html", "minutes", "Minutes");
	assert_false(shell_says_good(rig, cms) || shell_says_good(rig, sums));
	expect(rig, "manifest.signature", "manifest.p7s");
	expect(rig, "file.changed", "minutes.en.html");
}

/* --- a second opinion, in another language ----------------------------------------------------------- */

static bool other_program_says_good(const struct package_rig *rig)
{
	const char *srcdir = getenv("srcdir");
	char *command;
	int status;

	assert_true(asprintf(&command, "python3 '%s/tests/second_opinion.py' '%s' >/dev/null 2>&1",
			     srcdir ? srcdir : ".", rig->folder) > 0);
	status = system(command);
	free(command);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	return WEXITSTATUS(status) == 0;
}

static bool log_is_good(const struct package_rig *rig)
{
	struct report *report = check(rig);
	bool good = !report_has_part(report, "log.");

	report_free(report);
	return good;
}

static void test_the_second_opinion_agrees_about_the_log(void **state)
{
	static const char *const names[] = { "log/checkpoint",	       "log/opening-checkpoint",
					     "log/closing-checkpoint", "log/entries.jsonl",
					     "log/proofs.json",	       "log/consistency.json" };
	struct package_rig *rig = *state;

	assert_true(log_is_good(rig) && other_program_says_good(rig));
	for (size_t i = 0; i < 4 * ARRAY_LEN(names); i++) {
		const char *name = names[i % ARRAY_LEN(names)];
		size_t len, at;
		uint8_t *bytes = package_rig_read(rig, name, &len);

		at = random_below((unsigned)len - 1);
		bytes[at] ^= 1;
		package_rig_write(rig, name, bytes, len);
		if (log_is_good(rig) || other_program_says_good(rig))
			fail_msg("byte %zu of %s", at, name);
		bytes[at] ^= 1;
		package_rig_write(rig, name, bytes, len);
		free(bytes);
	}
	rig->signed_size = rig->closed - 1;
	package_rig_seal(rig);
	assert_false(log_is_good(rig) || other_program_says_good(rig));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_true_package_is_good),
		TEST(test_without_a_root_the_packages_own_is_taken_and_told),
		TEST(test_each_of_many_single_byte_changes_is_caught_and_named),
		TEST(test_every_byte_of_the_signature_counts),
		TEST(test_a_second_signer_and_unsigned_words_are_refused),
		TEST(test_every_file_taken_out_is_named),
		TEST(test_every_file_cut_short_or_made_longer_is_named),
		TEST(test_a_file_put_in_is_named),
		TEST(test_a_link_in_the_place_of_a_file_is_refused),
		TEST(test_names_that_lead_out_of_the_package_are_refused),
		TEST(test_signed_anew_by_another_key_of_the_same_name_is_caught),
		TEST(test_a_certificate_that_lets_a_person_in_signs_nothing),
		TEST(test_a_still_replaced_with_the_logs_own_key_is_caught_by_its_entry),
		TEST(test_a_still_left_out_is_told_by_its_entry),
		TEST(test_an_entry_replaced_is_caught_by_its_proof),
		TEST(test_entries_in_another_order_are_caught),
		TEST(test_a_log_rewritten_after_the_opening_is_caught_by_a_checkpoint_that_was_kept),
		TEST(test_a_log_written_anew_and_grown_past_what_was_kept_is_caught),
		TEST(test_a_log_that_does_not_continue_its_opening_is_caught),
		TEST(test_a_log_rolled_back_is_caught),
		TEST(test_recordings_that_do_not_join_are_caught),
		TEST(test_a_manifest_that_two_readers_could_read_in_two_ways_is_refused),
		TEST(test_openssl_and_sha256sum_say_the_same),
		TEST(test_the_second_opinion_agrees_about_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
