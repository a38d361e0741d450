/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "certs/check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/layout.h"
#include "certs/records.h"
#include "certs/trust.h"
#include "station/base/clock.h"

/* The station needs these itself; the CAs' certificates are checked with each chain. */
static const struct {
	enum profile_kind profile;
	int purpose;
	const char *renew;
} needed[] = {
	{ PROFILE_STATION, X509_PURPOSE_SSL_SERVER, "make one with \"ostend-certs station --renew\"" },
	{ PROFILE_LOG, 0, "move log.key and log.pem away and run \"ostend-certs init\"" },
	{ PROFILE_CHECKPOINT, 0, "move checkpoint.key and checkpoint.pem away and run \"ostend-certs init\"" },
	{ PROFILE_MEDIA, 0, "move media.key and media.pem away and run \"ostend-certs init\"" },
};

static int check_folder(const char *path, struct err *err)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return err_os(err, "%s", path);
	if (!S_ISDIR(info.st_mode))
		return err_set(err, ERR_STATE, "%s is not a folder", path);
	if (info.st_uid != geteuid())
		return err_set(err, ERR_DENIED, "%s belongs to user %u, not to the station's user %u: chown it",
			       path, info.st_uid, geteuid());
	if (info.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_DENIED, "%s is writable by others: chmod 700 it", path);
	return 0;
}

static int check_file(int folder_fd, const char *folder, const char *name, struct err *err)
{
	size_t len = strlen(name);
	bool secret = len > 4 && !strcmp(name + len - 4, ".key");
	struct stat info;

	if (fstatat(folder_fd, name, &info, 0) < 0)
		return err_os(err, "%s%s", folder, name);
	if (S_ISREG(info.st_mode) && info.st_uid != geteuid())
		return err_set(err, ERR_DENIED, "%s%s belongs to user %u, not to the station's user %u: "
			       "chown it", folder, name, info.st_uid, geteuid());
	if (info.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_DENIED, "%s%s is writable by others: chmod 600 it", folder, name);
	if (secret && info.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_DENIED, "the private key %s%s is readable by others: chmod 600 it, "
			       "and if others used this machine, renew it", folder, name);
	return 0;
}

static int check_files(const char *folder, struct err *err)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return err_os(err, "%s", folder);
	while (rc == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			rc = check_file(dirfd(dir), folder, entry->d_name, err);
	closedir(dir);
	return rc;
}

static int check_time(const X509 *certificate, const char *path, const char *renew, struct err *err)
{
	int64_t from_us = issue_time_us(X509_get0_notBefore(certificate));
	int64_t until_us = issue_time_us(X509_get0_notAfter(certificate));
	int64_t now_us = clock_utc_us();
	char text[32];

	if (now_us < from_us) {
		clock_format_utc(text, sizeof text, from_us);
		return err_set(err, ERR_STATE, "%s is not valid before %s: is the clock right?", path, text);
	}
	if (now_us > until_us) {
		clock_format_utc(text, sizeof text, until_us);
		return err_set(err, ERR_STATE, "%s expired on %s: %s", path, text, renew);
	}
	return 0;
}

static int check_pair(const struct trust *trust, const char *state_path, size_t which, bool in_token,
		      struct err *err)
{
	const struct profile *profile = &profiles[needed[which].profile];
	CLEANUP(util_freep) char *pem_path = layout_path(state_path, profile->pem_file);
	CLEANUP(util_freep) char *key_path = layout_path(state_path, profile->key_file);
	CLEANUP(X509_freep) X509 *certificate = NULL;
	CLEANUP(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	int rc;

	if (!pem_path || !key_path)
		return err_set(err, ERR_NOMEM, "certificates: out of memory");
	rc = trust_read_certificate(&certificate, pem_path, err);
	if (rc == 0 && !in_token)
		rc = trust_read_key(&key, key_path, err);
	if (rc == ERR_STATE)
		return err_set(err, ERR_STATE, "%s or its key is missing: run \"ostend-certs %s\"", pem_path,
			       needed[which].profile == PROFILE_STATION ? "station NAME" : "init");
	if (rc < 0)
		return rc;
	if (!in_token && X509_check_private_key(certificate, key) != 1)
		return issue_error(err, ERR_TAMPER, "%s is not the key of %s: %s", key_path, pem_path,
				   needed[which].renew);
	rc = check_time(certificate, pem_path, needed[which].renew, err);
	if (rc < 0)
		return rc;
	rc = trust_verify(trust, certificate, NULL, needed[which].purpose, err);
	return rc < 0 ? err_prefix(err, "%s", pem_path) : 0;
}

static int check_lists(const char *state_path, struct err *err)
{
	int rc = 0;

	for (int kind = RECORDS_PASSES; kind <= RECORDS_SESSIONS && rc == 0; kind++) {
		struct records records = { 0 };

		rc = records_load(&records, kind, state_path, err);
		records_clear(&records);
	}
	return rc;
}

static int check_certificates(const char *state_path, unsigned in_token, struct err *err)
{
	static const char ca_renew[] = "a new centre is needed; see ostend-certs(1)";
	struct trust trust = { 0 };
	int rc = trust_load(&trust, state_path, err);

	if (rc == ERR_STATE)
		err_prefix(err, "there is no whole CA; run \"ostend-certs init\"");
	if (rc == 0)
		rc = check_time(trust.root, LAYOUT_ROOT_PEM, ca_renew, err);
	if (rc == 0)
		rc = check_time(trust.ca, LAYOUT_CA_PEM, ca_renew, err);
	for (size_t i = 0; i < ARRAY_LEN(needed) && rc == 0; i++)
		rc = check_pair(&trust, state_path, i, in_token & 1u << needed[i].profile, err);
	trust_clear(&trust);
	return rc;
}

int certs_check_start(const char *state_path, unsigned in_token, struct err *err)
{
	CLEANUP(util_freep) char *folder = layout_path(state_path, "");
	struct err ignored;
	int rc;

	if (!err)
		err = &ignored;	/* err_prefix needs one */
	if (!folder)
		return err_set(err, ERR_NOMEM, "certificates: out of memory");
	if (access(folder, F_OK) < 0)
		return err_set(err, ERR_STATE, "%s is missing: run \"ostend-certs --state %s init\"", folder,
			       state_path);
	rc = check_folder(state_path, err);
	if (rc == 0)
		rc = check_folder(folder, err);
	if (rc == 0)
		rc = check_files(folder, err);
	if (rc == 0)
		rc = check_certificates(state_path, in_token, err);
	return rc == 0 ? check_lists(state_path, err) : rc;
}
