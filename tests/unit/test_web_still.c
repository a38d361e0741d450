/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GET /still/N: the bytes that were announced, to whoever is let in, and nothing else to anybody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "station/base/util.h"
#include "tests/web/client.h"

#define LEN_BYTES 300000	/* more than one record of TLS */

struct world {
	struct station *station;
	SSL_CTX *plain;
	char path[96], sha256[65], digest[64];
	unsigned char bytes[LEN_BYTES];
};

static void write_picture(struct world *world)
{
	FILE *file = fopen(world->path, "wbe");

	assert_non_null(file);
	assert_int_equal(fwrite(world->bytes, 1, LEN_BYTES, file), LEN_BYTES);
	fclose(file);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	unsigned char digest[SHA256_DIGEST_LENGTH], base64[48];

	world->station = station_new_answering(NULL);
	world->plain = station_client(world->station);
	snprintf(world->path, sizeof world->path, "%s/0017.jpg", world->station->folder);
	for (size_t i = 0; i < LEN_BYTES; i++)
		world->bytes[i] = (unsigned char)(1 + (i * 7 + i / 251) % 255);	/* the client keeps texts */
	SHA256(world->bytes, LEN_BYTES, digest);
	util_hex(world->sha256, digest, sizeof digest);
	EVP_EncodeBlock(base64, digest, sizeof digest);
	snprintf(world->digest, sizeof world->digest, "sha-256=:%s:", (const char *)base64);
	write_picture(world);
	web_still_offer(world->station->web, 17, world->path, world->sha256);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	unlink(world->path);
	SSL_CTX_free(world->plain);
	station_free(world->station);
	free(world);
	return 0;
}

static struct reply get(struct world *world, const char *path, const char *pass)
{
	struct client *client = client_new(world->station, world->plain);
	struct reply reply = { 0 };

	client_print(client, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", path,
		     world->station->host, pass);
	assert_true(client_reply(client, &reply));
	client_free(client);
	return reply;
}

static void test_still_comes_as_it_was_announced(void **state)
{
	struct world *world = *state;
	struct reply reply = get(world, "/still/17", world->station->judge);
	char value[128];

	assert_int_equal(reply.status, 200);
	assert_int_equal(reply.body_len, LEN_BYTES);
	assert_memory_equal(reply.body, world->bytes, LEN_BYTES);
	assert_string_equal(reply_field(&reply, "Content-Type", value, sizeof value), "image/jpeg");
	assert_string_equal(reply_field(&reply, "Cache-Control", value, sizeof value), "private, no-cache");
	assert_string_equal(reply_field(&reply, "Repr-Digest", value, sizeof value), world->digest);
	assert_string_equal(reply_field(&reply, "X-Content-Type-Options", value, sizeof value), "nosniff");
	reply_clear(&reply);
}

static void test_stranger_gets_no_still(void **state)
{
	struct world *world = *state;
	struct reply reply = get(world, "/still/17", "0000-0000-0000-0000-0000");

	assert_int_equal(reply.status, 401);
	reply_clear(&reply);
}

static void test_every_other_number_is_the_same_404(void **state)
{
	static const char *const paths[] = {
		"/still/16", "/still/18", "/still/017", "/still/+17", "/still/-17", "/still/17.jpg", "/still/0",
		"/still/17%00", "/still/1e1", "/still/0x11", "/still/18446744073709551633", "/still/",
		"/still/%31%37", "/still/17/", "/still/../still/17", "/still/999999999999999999999999", "/still",
	};
	struct world *world = *state;
	struct reply none = get(world, "/nothing", world->station->judge);

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct reply reply = get(world, paths[i], world->station->judge);

		if (reply.status != 404 || strcmp(reply.body, none.body) != 0)
			fail_msg("%s: %d, %s", paths[i], reply.status, reply.body);
		reply_clear(&reply);
	}
	reply_clear(&none);
}

static void expect(struct world *world, const char *path, int status)
{
	struct reply reply = get(world, path, world->station->judge);

	assert_int_equal(reply.status, status);
	reply_clear(&reply);
}

static void test_withdrawn_still_is_gone(void **state)
{
	struct world *world = *state;

	web_still_offer(world->station->web, 18, world->path, world->sha256);
	web_still_withdraw(world->station->web, 17);
	expect(world, "/still/17", 404);
	expect(world, "/still/18", 200);
	web_still_withdraw(world->station->web, 0);
	expect(world, "/still/18", 404);
}

static void test_file_that_is_not_the_announced_one_is_not_sent(void **state)
{
	struct world *world = *state;

	world->bytes[LEN_BYTES / 2] ^= 1;
	write_picture(world);
	expect(world, "/still/17", 500);
	assert_int_equal(truncate(world->path, LEN_BYTES - 1), 0);
	expect(world, "/still/17", 500);
	assert_int_equal(unlink(world->path), 0);
	expect(world, "/still/17", 500);
	assert_int_equal(symlink("/etc/passwd", world->path), 0);
	expect(world, "/still/17", 500);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_still_comes_as_it_was_announced),
		TEST(test_stranger_gets_no_still),
		TEST(test_every_other_number_is_the_same_404),
		TEST(test_withdrawn_still_is_gone),
		TEST(test_file_that_is_not_the_announced_one_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
