/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A denial is on the disk before anything else is tried: it must hold even if the CA's key is not here. */
#include "certs/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "certs/authority_private.h"
#include "certs/files.h"
#include "certs/layout.h"
#include "station/base/clock.h"

#define LOCK_WAIT_MS 10000
#define ID_PREFIX_MIN 8

int authority_path(char **out, const struct authority *authority, const char *name, struct err *err)
{
	*out = layout_path(authority->state_path, name);
	return *out ? 0 : err_set(err, ERR_NOMEM, "%s: out of memory", name);
}

static int load_all(struct authority *authority, struct err *err)
{
	int rc = records_load(&authority->issued, RECORDS_ISSUED, authority->state_path, err);

	if (rc == 0)
		rc = records_load(&authority->passes, RECORDS_PASSES, authority->state_path, err);
	if (rc == 0)
		rc = records_load(&authority->denied, RECORDS_DENIED, authority->state_path, err);
	if (rc == 0)
		rc = authority_load_certificate(&authority->root, authority, LAYOUT_ROOT_PEM, err);
	if (rc == 0)
		rc = authority_load_certificate(&authority->ca, authority, LAYOUT_CA_PEM, err);
	return rc;
}

static int open_folder(const char *path, struct err *err)
{
	struct stat info;
	int rc = files_make_folder(path, err);

	if (rc < 0)
		return rc;
	if (stat(path, &info) < 0)
		return err_os(err, "%s", path);
	if (info.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_DENIED, "%s is writable by others: chmod 700 it", path);
	files_sweep(path);
	return 0;
}

int authority_open(struct authority **out, const char *state_path, struct err *err)
{
	CLEANUP(authority_freep) struct authority *authority = calloc(1, sizeof *authority);
	CLEANUP(util_freep) char *folder = NULL, *lock = NULL;
	int rc;

	if (!authority)
		return err_set(err, ERR_NOMEM, "%s: out of memory", state_path);
	authority->lock_fd = -1;
	authority->state_path = strdup(state_path);
	folder = layout_path(state_path, "");
	lock = layout_path(state_path, LAYOUT_LOCK);
	if (!authority->state_path || !folder || !lock)
		return err_set(err, ERR_NOMEM, "%s: out of memory", state_path);
	rc = files_make_folder(state_path, err);
	if (rc == 0)
		rc = open_folder(folder, err);
	if (rc == 0)
		rc = files_lock(&authority->lock_fd, lock, LOCK_WAIT_MS, err);
	if (rc == 0)
		rc = authority_recover_station(authority, err);
	if (rc == 0)
		rc = load_all(authority, err);
	if (rc < 0)
		return rc;
	*out = MOVE(authority);
	return 0;
}

struct authority *authority_free(struct authority *authority)
{
	if (!authority)
		return NULL;
	records_clear(&authority->issued);
	records_clear(&authority->passes);
	records_clear(&authority->denied);
	X509_free(authority->root);
	X509_free(authority->ca);
	EVP_PKEY_free(authority->root_key);
	EVP_PKEY_free(authority->ca_key);
	util_closep(&authority->lock_fd);
	free(authority->state_path);
	free(authority);
	return NULL;
}

int authority_check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len >= sizeof ((struct identity *)0)->name)
		return err_set(err, ERR_RANGE, "a name has 1 to %zu bytes",
			       sizeof ((struct identity *)0)->name - 1);
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return err_set(err, ERR_RANGE, "the name holds a control character");
	return 0;
}

int authority_pass(struct authority *authority, const char *text, const char *name, enum role role,
		   int64_t until_utc_us, bool reusable, struct err *err)
{
	struct pass pass = { .from_utc_us = clock_utc_us(), .until_utc_us = until_utc_us,
			     .reusable = reusable };
	char plain[PASS_CHARS + 1];
	struct pass *place;
	int rc = authority_check_name(name, err);

	if (rc < 0)
		return rc;
	if (pass_text_read(plain, text) < 0)
		return err_set(err, ERR_RANGE, "this is not a pass");
	pass_text_id(pass.id, plain);
	memcpy(pass.selector, plain, PASS_GROUP);
	OPENSSL_cleanse(plain, sizeof plain);
	snprintf(pass.name, sizeof pass.name, "%s", name);
	snprintf(pass.role, sizeof pass.role, "%s", role_name(role));
	place = records_add(&authority->passes);
	if (!place)
		return err_set(err, ERR_NOMEM, "passes: out of memory");
	*place = pass;
	rc = records_save(&authority->passes, authority->state_path, err);
	if (rc < 0)
		records_remove(&authority->passes, authority->passes.count - 1);
	return rc;
}

static bool names(const char *id_or_name, const char *id, const char *name)
{
	size_t len = strlen(id_or_name);

	return (name && !strcmp(id_or_name, name)) || (len >= ID_PREFIX_MIN && !strncasecmp(id_or_name, id, len));
}

static bool is_denied(const struct authority *authority, const char *id)
{
	const struct denied *items = authority->denied.items;

	for (size_t i = 0; i < authority->denied.count; i++)
		if (!strcmp(items[i].id, id))
			return true;
	return false;
}

static int deny(struct authority *authority, const char *id, const char *name)
{
	struct denied *place;

	if (is_denied(authority, id))
		return 0;
	place = records_add(&authority->denied);
	if (!place)
		return ERR_NOMEM;
	snprintf(place->id, sizeof place->id, "%s", id);
	snprintf(place->name, sizeof place->name, "%s", name);
	place->since_utc_us = clock_utc_us();
	return 1;
}

/* A name means persons; the station's own certificates are meant by their id only. */
static bool is_meant(const struct issued *issued, const char *id_or_name)
{
	bool person = !strcmp(issued->profile, profiles[PROFILE_PERSON].name);

	return !issued->revoked_utc_us && strcmp(issued->profile, profiles[PROFILE_ROOT].name) &&
	       names(id_or_name, issued->id, person ? issued->name : NULL);
}

/* Put all that are meant on the deny list; how many, and which CAs' certificates are among them. */
static int deny_named(struct authority *authority, const char *id_or_name, bool by[PROFILE_COUNT])
{
	struct issued *issued = authority->issued.items;
	const struct pass *passes = authority->passes.items;
	int total = 0, rc = 0;

	for (size_t i = 0; i < authority->issued.count && rc >= 0; i++) {
		if (!is_meant(&issued[i], id_or_name))
			continue;
		rc = deny(authority, issued[i].id, issued[i].name);
		total += rc;
		issued[i].revoked_utc_us = clock_utc_us();
		by[strcmp(issued[i].profile, profiles[PROFILE_CA].name) ? PROFILE_CA : PROFILE_ROOT] = true;
	}
	for (size_t i = 0; i < authority->passes.count && rc >= 0; i++) {
		if (!names(id_or_name, passes[i].id, passes[i].name))
			continue;
		rc = deny(authority, passes[i].id, passes[i].name);
		total += rc;
	}
	return rc < 0 ? rc : total;
}

int authority_revoke(struct authority *authority, const char *id_or_name, struct err *err)
{
	bool by[PROFILE_COUNT] = { false };
	int total = deny_named(authority, id_or_name, by);
	int rc;

	if (total < 0)
		return err_set(err, total, "deny list: out of memory");
	if (total == 0 && !by[PROFILE_CA] && !by[PROFILE_ROOT])
		return err_set(err, ERR_GONE, "there is no credential of this name or id that could still "
			       "be used: %s", id_or_name);
	rc = records_save(&authority->denied, authority->state_path, err);
	if (rc == 0)
		rc = records_save(&authority->issued, authority->state_path, err);
	for (int ca = 0; ca < PROFILE_COUNT && rc == 0; ca++)
		if (by[ca])
			rc = authority_crl(authority, ca, err);
	return rc < 0 ? rc : total;
}

X509 *authority_root(struct authority *authority)
{
	return authority->root;
}

X509 *authority_ca(struct authority *authority)
{
	return authority->ca;
}

const struct records *authority_records(struct authority *authority, enum records_kind kind)
{
	switch (kind) {
	case RECORDS_ISSUED: return &authority->issued;
	case RECORDS_PASSES: return &authority->passes;
	default: return &authority->denied;
	}
}
