/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person's signature: of this text, by this centre's person, not revoked; nothing else counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "station/base/openssl.h"
#include <openssl/cms.h>

#include "certs/authority.h"
#include "certs/issue.h"
#include "station/base/clock.h"
#include "station/evidence/personal.h"
#include "tests/unit/temp_folder.h"

#define TEXT "ostend-retrieval-1\nretrieval: 1\nname: 菜刀\n"

struct centre {
	char *folder;
	struct authority *authority;
	EVP_PKEY *key;
	X509 *person;
};

static void open_centre(struct centre *centre)
{
	struct err err;

	centre->folder = temp_folder_new();
	if (authority_open(&centre->authority, centre->folder, &err) < 0 ||
	    authority_init(centre->authority, "centre", &err) < 0 || issue_key(&centre->key, PROFILE_PERSON, &err) < 0 ||
	    authority_person(centre->authority, &centre->person, centre->key, "Wang Min", ROLE_PROSECUTOR, clock_utc_us(), 0,
			     &err) < 0)
		fail_msg("%s", err.text);
}

static void close_centre(struct centre *centre)
{
	X509_free(centre->person);
	EVP_PKEY_free(centre->key);
	authority_free(centre->authority);
	temp_folder_free(centre->folder);
}

static int sign(const struct centre *centre, const char *text, uint8_t **der)
{
	BIO *content = BIO_new_mem_buf(text, -1);
	CMS_ContentInfo *cms = CMS_sign(centre->person, centre->key, NULL, content, CMS_DETACHED | CMS_BINARY);
	int len;

	assert_non_null(cms);
	*der = NULL;
	len = i2d_CMS_ContentInfo(cms, der);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	return len;
}

static void test_a_persons_signature_counts_until_it_is_revoked(void **state)
{
	struct centre centre = { 0 };
	struct identity who;
	struct err err;
	uint8_t *der;
	int len;

	(void)state;
	open_centre(&centre);
	len = sign(&centre, TEXT, &der);
	if (personal_verify(centre.folder, TEXT, der, (size_t)len, &who, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(who.name, "Wang Min");
	assert_int_equal(who.role, ROLE_PROSECUTOR);
	assert_int_equal(personal_verify(centre.folder, TEXT "x", der, (size_t)len, &who, &err), ERR_DENIED);
	assert_int_equal(authority_revoke(centre.authority, "Wang Min", &err), 1);
	assert_int_equal(authority_crl(centre.authority, PROFILE_CA, &err), 0);
	assert_int_equal(personal_verify(centre.folder, TEXT, der, (size_t)len, &who, &err), ERR_DENIED);
	OPENSSL_free(der);
	close_centre(&centre);
}

static void test_a_person_of_another_centre_does_not_count(void **state)
{
	struct centre ours = { 0 }, other = { 0 };
	struct identity who;
	struct err err;
	uint8_t *der;
	int len;

	(void)state;
	open_centre(&ours);
	open_centre(&other);
	len = sign(&other, TEXT, &der);
	assert_int_equal(personal_verify(ours.folder, TEXT, der, (size_t)len, &who, &err), ERR_DENIED);
	OPENSSL_free(der);
	close_centre(&ours);
	close_centre(&other);
}

static void test_what_is_cut_or_changed_is_never_a_signature(void **state)
{
	struct centre centre = { 0 };
	struct identity who;
	struct err err;
	uint8_t *der;
	int len;

	(void)state;
	open_centre(&centre);
	len = sign(&centre, TEXT, &der);
	for (int cut = 0; cut < len; cut += 7)
		assert_true(personal_verify(centre.folder, TEXT, der, (size_t)cut, &who, &err) < 0);
	der[len - 5] ^= 1;	/* in the signature itself */
	assert_int_equal(personal_verify(centre.folder, TEXT, der, (size_t)len, &who, &err), ERR_DENIED);
	OPENSSL_free(der);
	close_centre(&centre);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_persons_signature_counts_until_it_is_revoked),
		cmocka_unit_test(test_a_person_of_another_centre_does_not_count),
		cmocka_unit_test(test_what_is_cut_or_changed_is_never_a_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
