/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * certs/demo.json holds the texts of the passes and marks the folder as a demonstration's: it is written
 * before anything else, so that an interrupted start is never taken for a real centre.
 */
#include "certs/demo.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "certs/authority.h"
#include "certs/files.h"
#include "certs/layout.h"
#include "certs/trust.h"
#include "station/base/clock.h"
#include "station/base/i18n.h"

#define DEMO_FILE "demo.json"
#define US_PER_DAY (INT64_C(86400) * 1000000)
#define PASS_DAYS 30
#define KEEP_US US_PER_DAY	/* what ends earlier is made again */

_Static_assert(sizeof ((struct demo_certs *)0)->pass[0] == PASS_TEXT_SIZE, "a pass fits");

/* ---- demo.json ---- */

static int read_texts(struct demo_certs *certs, const char *path, struct err *err)
{
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	char plain[PASS_CHARS + 1];
	int rc = 0;

	for (int role = 0; role < ROLE_COUNT && rc == 0; role++) {
		const char *text = json_string_value(json_object_get(root, role_name(role)));

		if (!text || strlen(text) >= PASS_TEXT_SIZE || pass_text_read(plain, text) < 0)
			rc = err_set(err, ERR_TAMPER, "%s: not as the demonstration wrote it; remove the "
				     "state folder", path);
		else
			strcpy(certs->pass[role], text);
	}
	json_decref(root);
	return rc;
}

static int write_texts(struct demo_certs *certs, const char *path, struct err *err)
{
	CLEANUP(util_freep) char *text = NULL;
	json_t *root = json_object();

	for (int role = 0; role < ROLE_COUNT; role++) {
		pass_text_new(certs->pass[role]);
		json_object_set_new(root, role_name(role), json_string(certs->pass[role]));
	}
	text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	if (!text)
		return err_set(err, ERR_NOMEM, "%s: out of memory", path);
	return files_replace(path, text, strlen(text), err);
}

/* ---- what is there already ---- */

static const struct pass *find_pass(struct authority *authority, const char *text)
{
	const struct records *records = authority_records(authority, RECORDS_PASSES);
	const struct pass *passes = records->items;
	char plain[PASS_CHARS + 1], id[65];

	pass_text_read(plain, text);
	pass_text_id(id, plain);
	for (size_t i = 0; i < records->count; i++)
		if (!strcmp(passes[i].id, id))
			return &passes[i];
	return NULL;
}

static bool has_hosts(X509 *certificate, const char *const *hosts)
{
	for (const char *const *host = hosts; *host; host++)
		if (X509_check_ip_asc(certificate, *host, 0) != 1 &&
		    X509_check_host(certificate, *host, 0, 0, NULL) != 1)
			return false;
	return true;
}

static bool keeps_station(const char *path, const char *const *hosts)
{
	CLEANUP(X509_freep) X509 *certificate = NULL;

	return trust_read_certificate(&certificate, path, NULL) == 0 && has_hosts(certificate, hosts) &&
	       issue_time_us(X509_get0_notAfter(certificate)) > clock_utc_us() + KEEP_US;
}

/* ---- making ---- */

static int make_passes(struct demo_certs *certs, struct authority *authority, const char *path,
		       struct err *err)
{
	static const char *const labels[ROLE_COUNT] = {
#define ROLE(id, name, label) label,
		ROLES
#undef ROLE
	};
	int64_t now_us = clock_utc_us();
	const struct pass *first = find_pass(authority, certs->pass[0]);
	int rc = 0;

	/* all end together: passes that are nearly over are replaced by new ones */
	if (first && first->until_utc_us <= now_us + KEEP_US)
		rc = write_texts(certs, path, err);
	for (int role = 0; role < ROLE_COUNT && rc == 0; role++)
		if (!find_pass(authority, certs->pass[role]))
			rc = authority_pass(authority, certs->pass[role], labels[role], role,
					    now_us + PASS_DAYS * US_PER_DAY, true, err);
	return rc;
}

static int make_all(struct demo_certs *certs, struct authority *authority, const char *const *hosts,
		    const char *demo_path, struct err *err)
{
	int rc = authority_init(authority, "Ostend demonstration", err);

	if (rc >= 0)	/* as cheap as looking whether they are still good for a day */
		rc = authority_crl(authority, PROFILE_CA, err);
	if (rc == 0)
		rc = authority_crl(authority, PROFILE_ROOT, err);
	if (rc == 0 && !keeps_station(certs->certificate_path, hosts))
		rc = authority_station(authority, hosts, clock_utc_us(), 0, true, err);
	return rc < 0 ? rc : make_passes(certs, authority, demo_path, err);
}

static int make_paths(struct demo_certs *certs, const char *state_path)
{
	certs->ca_path = layout_path(state_path, LAYOUT_ROOT_PEM);
	certs->certificate_path = layout_path(state_path, LAYOUT_STATION_PEM);
	certs->key_path = layout_path(state_path, LAYOUT_STATION_KEY);
	return certs->ca_path && certs->certificate_path && certs->key_path ? 0 : ERR_NOMEM;
}

static int make(struct demo_certs *certs, const char *state_path, const char *const *hosts,
		struct err *err)
{
	CLEANUP(authority_freep) struct authority *authority = NULL;
	CLEANUP(util_freep) char *demo_path = layout_path(state_path, DEMO_FILE);
	int rc;

	if (!demo_path || make_paths(certs, state_path) < 0)
		return err_set(err, ERR_NOMEM, "demonstration: out of memory");
	rc = authority_open(&authority, state_path, err);
	if (rc < 0)
		return rc;
	if (files_exist(demo_path))
		rc = read_texts(certs, demo_path, err);
	else if (authority_root(authority))
		rc = err_set(err, ERR_STATE, "%s holds a real centre; give the demonstration a state folder "
			     "of its own", state_path);
	else
		rc = write_texts(certs, demo_path, err);
	return rc < 0 ? rc : make_all(certs, authority, hosts, demo_path, err);
}

int demo_certs_make(struct demo_certs *out, const char *state_path, const char *const *hosts,
		    struct err *err)
{
	struct demo_certs certs = { 0 };
	int rc = make(&certs, state_path, hosts, err);

	if (rc < 0)
		demo_certs_clear(&certs);
	else
		*out = certs;
	return rc;
}

void demo_certs_clear(struct demo_certs *certs)
{
	free(certs->ca_path);
	free(certs->certificate_path);
	free(certs->key_path);
	OPENSSL_cleanse(certs, sizeof *certs);
}
