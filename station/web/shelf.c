/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A path of a request is never looked up in a folder: main says which number is which file, and with which
 * digest. What is read is hashed before it is sent, so that a file that was changed on the disk never
 * goes out as the one that was announced. A number that is none and one that may not be fetched are alike.
 */
#include "station/web/shelf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "station/base/log.h"
#include "station/web/server.h"

#define FILE_MAX ((size_t)32 << 20)
#define PREFIX "/still/"
#define DIGITS_MAX 18

struct shelf {
	uint64_t number;
	char *path;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	struct shelf *next;
};

void shelf_remove(struct web *web, uint64_t number)
{
	struct shelf **at = &web->shelf;

	while (*at) {
		struct shelf *still = *at;

		if (number && still->number != number) {
			at = &still->next;
			continue;
		}
		*at = still->next;
		free(still->path);
		free(still);
	}
}

void shelf_put(struct web *web, uint64_t number, const char *path, const char *sha256)
{
	struct shelf *still = calloc(1, sizeof *still);

	shelf_remove(web, number ? number : UINT64_MAX);
	if (still)
		still->path = strdup(path);
	if (!still || !still->path || util_unhex(still->digest, sizeof still->digest, sha256) < 0) {
		free(still ? still->path : NULL);
		free(still);
		log_error("web: still %llu cannot be offered", (unsigned long long)number);
		return;
	}
	still->number = number;
	still->next = web->shelf;
	web->shelf = still;
}

/* Decimal as we write it: no sign, no leading zero, nothing behind it. 0: none. */
static uint64_t read_number(struct http_text path)
{
	uint64_t number = 0;
	size_t at = strlen(PREFIX);

	if (path.len <= at || path.len > at + DIGITS_MAX || path.at[at] == '0')
		return 0;
	for (; at < path.len; at++) {
		if (path.at[at] < '0' || path.at[at] > '9')
			return 0;
		number = number * 10 + (uint64_t)(path.at[at] - '0');
	}
	return number;
}

static int read_all(unsigned char *bytes, size_t len_bytes, int fd)
{
	while (len_bytes) {
		ssize_t got = read(fd, bytes, len_bytes);

		if (got <= 0)
			return -1;
		bytes += got;
		len_bytes -= (size_t)got;
	}
	return 0;
}

/* The file, for free(); NULL when it is not the one that was announced. */
static unsigned char *load(const struct shelf *still, size_t *len_bytes)
{
	CLEANUP(util_closep) int fd = open(still->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	CLEANUP(util_freep) unsigned char *bytes = NULL;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_size <= 0 ||
	    (size_t)stat.st_size > FILE_MAX)
		return NULL;
	*len_bytes = (size_t)stat.st_size;
	bytes = malloc(*len_bytes);
	if (!bytes || read_all(bytes, *len_bytes, fd) < 0)
		return NULL;
	SHA256(bytes, *len_bytes, digest);
	return memcmp(digest, still->digest, sizeof digest) == 0 ? MOVE(bytes) : NULL;
}

static void give(struct conn *conn, const struct shelf *still)
{
	CLEANUP(util_freep) unsigned char *bytes = NULL;
	unsigned char base64[48];
	char fields[96];
	struct http_response response = { .status = 200, .type = "image/jpeg", .cache = "private, no-cache",
					  .fields = fields };

	bytes = load(still, &response.body_len);
	if (!bytes) {
		log_error("web: %s is not there any more as it was taken: it is not sent", still->path);
		conn_say(conn, 500, NULL, "The station's file is damaged.");
		return;
	}
	EVP_EncodeBlock(base64, still->digest, sizeof still->digest);
	/* RFC 9530 3: the digest of what is represented, as a byte sequence of RFC 8941 */
	snprintf(fields, sizeof fields, "Repr-Digest: sha-256=:%s:\r\n", (const char *)base64);
	conn_answer(conn, &response, bytes);
}

void shelf_get(struct conn *conn, const struct http_request *request, struct http_text body)
{
	uint64_t number = read_number(request->path);
	const struct shelf *still = number ? conn->web->shelf : NULL;

	(void)body;
	while (still && still->number != number)
		still = still->next;
	if (still)
		give(conn, still);
	else
		conn_say(conn, 404, NULL, "There is nothing here.");
}
