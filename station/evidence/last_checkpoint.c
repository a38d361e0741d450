/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * last_checkpoint.c - a place is one line: turn, size, root, origin, and the SHA-256 of all that, padded with
 * spaces to PLACE bytes. The newer of the places that are whole counts.
 */
#include "station/evidence/last_checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/openssl.h"
#include <openssl/sha.h>

#include "station/base/replace.h"

#define PLACE 4096		/* a write to one never touches a block of the other */
#define HEX (2 * SHA256_DIGEST_LENGTH)

static void digest_of(char hex[HEX + 1], const char *text, size_t len_bytes)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	SHA256((const uint8_t *)text, len_bytes, hash);
	util_hex(hex, hash, sizeof hash);
}

/* Whether @place is whole. */
static bool read_place(struct last_checkpoint *last, char place[PLACE + 1])
{
	char root[HEX + 1], digest[HEX + 1], right[HEX + 1];
	char *end = strstr(place, " sha256 ");

	if (!end || sscanf(end, " sha256 %64[0-9a-f]", digest) != 1)
		return false;
	digest_of(right, place, (size_t)(end - place));
	return strcmp(right, digest) == 0 &&
	       sscanf(place, "turn %" SCNu64 " size %" SCNu64 " root %64[0-9a-f] origin %127[^ ]", &last->turn,
		      &last->checkpoint.size, root, last->checkpoint.origin) == 4 &&
	       util_unhex(last->checkpoint.root.bytes, sizeof last->checkpoint.root.bytes, root) == 0;
}

static bool is_blank(const char *bytes)
{
	for (size_t i = 0; i < PLACE; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Half a first write, with nothing in the other place, is no loss: its signature was never given. */
static int read_places(struct last_checkpoint *last, struct err *err)
{
	struct last_checkpoint found[2] = { 0 };
	char places[2][PLACE + 1] = { "", "" };
	bool whole[2];

	for (int i = 0; i < 2; i++) {
		if (pread(last->fd, places[i], PLACE, i * PLACE) < 0)
			return err_os(err, "last-checkpoint");
		whole[i] = read_place(&found[i], places[i]);
	}
	if (!whole[0] && !whole[1])
		return is_blank(places[1]) || is_blank(places[0]) ? 0 :
			err_set(err, ERR_TAMPER, "signer/last-checkpoint is not as the signer wrote it");
	for (int i = 0; i < 2; i++)
		if (whole[i] && found[i].turn > last->turn) {
			last->turn = found[i].turn;
			last->checkpoint = found[i].checkpoint;
		}
	return 0;
}

int last_checkpoint_open(struct last_checkpoint *last, const char *state_path, struct err *err)
{
	char path[4096];
	int rc;

	if (snprintf(path, sizeof path, "%s/signer/last-checkpoint", state_path) >= (int)sizeof path)
		return err_set(err, ERR_RANGE, "%.200s: the path is too long", state_path);
	*strrchr(path, '/') = '\0';
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_os(err, "%s", path);
	if (replace_sync_folder_of(path) < 0)
		return err_os(err, "%s", path);
	path[strlen(path)] = '/';
	last->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (last->fd < 0 || fsync(last->fd) < 0 || replace_sync_folder_of(path) < 0)
		return err_os(err, "%s", path);
	rc = read_places(last, err);
	if (rc < 0)
		last_checkpoint_close(last);
	return rc;
}

void last_checkpoint_close(struct last_checkpoint *last)
{
	util_closep(&last->fd);
	last->fd = -1;
}

int last_checkpoint_set(struct last_checkpoint *last, const struct checkpoint *checkpoint, struct err *err)
{
	uint64_t turn = last->turn + 1;
	char place[PLACE], root[HEX + 1], digest[HEX + 1];
	int len;

	util_hex(root, checkpoint->root.bytes, sizeof checkpoint->root.bytes);
	memset(place, ' ', sizeof place);
	len = snprintf(place, sizeof place, "turn %" PRIu64 " size %" PRIu64 " root %s origin %s", turn,
		       checkpoint->size, root, checkpoint->origin);
	digest_of(digest, place, (size_t)len);
	len += snprintf(place + len, sizeof place - (size_t)len, " sha256 %s", digest);
	place[len] = ' ';
	place[sizeof place - 1] = '\n';
	if (pwrite(last->fd, place, sizeof place, (off_t)(turn % 2) * PLACE) != sizeof place ||
	    fdatasync(last->fd) < 0) {
		err_os(err, "signer/last-checkpoint");
		last_checkpoint_close(last);	/* nobody knows what is on that disk: no more signatures */
		return ERR_OS;
	}
	last->turn = turn;
	last->checkpoint = *checkpoint;
	return 0;
}

int last_checkpoint_allows(const struct last_checkpoint *last, const struct checkpoint *next,
			   const struct tlog_proof *proof, struct err *err)
{
	const struct checkpoint *old = &last->checkpoint;
	unsigned long long had = old->size, has = next->size;

	if (!last->turn)
		return 0;
	if (strcmp(old->origin, next->origin) != 0)
		return err_set(err, ERR_TAMPER, "this is another ledger: its name is \"%s\", and \"%s\" was signed here",
			       next->origin, old->origin);
	if (has < had)
		return err_set(err, ERR_TAMPER, "the ledger has become shorter: it has %llu entries, and %llu were "
			       "signed", has, had);
	if (!tlog_check_consistency(proof, old->size, &old->root, next->size, &next->root))
		return err_set(err, ERR_TAMPER, "the ledger does not continue what was signed: its first %llu entries "
			       "are not the same any more", had);
	return 0;
}
