/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two signatures: what is signed, and that it was.
 *
 * The text is made from the row alone, whose columns no longer change once the exhibit is back, so that the
 * same bytes come out for whoever checks a signature years later.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/openssl.h"
#include <openssl/sha.h>

#include "station/base/i18n.h"
#include "station/evidence/retrieval_own.h"

/* In the order of the text. A new line goes last, and only with another first line. */
static const struct { const char *name, *sql; } lines[] = {
	{ "retrieval", "id" },
	{ "code", "code" },
	{ "case", "case_no" },
	{ "exhibit", "exhibit_no" },
	{ "name", "exhibit_name" },
	{ "purpose", "purpose" },
	{ "reason", "reason" },
	{ "requested-by", "requested_by" },
	{ "requested-utc-us", "requested_utc_us" },
	{ "approved-by", "approved_by" },
	{ "approved-utc-us", "approved_utc_us" },
	{ "out-by", "out_by" },
	{ "out-second", "out_second" },
	{ "received-by", "received_by" },
	{ "out-utc-us", "out_utc_us" },
	{ "condition-out", "condition_out" },
	{ "seal-out", "seal_out" },
	{ "due-utc-us", "due_utc_us" },
	{ "back-by", "back_by" },
	{ "back-second", "back_second" },
	{ "returned-by", "returned_by" },
	{ "back-utc-us", "back_utc_us" },
	{ "condition-in", "condition_in" },
	{ "seal-in", "seal_in" },
	{ "changed", "CASE changed WHEN 1 THEN 'yes' ELSE 'no' END" },
	{ "damage", "damage" },
};

#define TITLE "ostend-retrieval-1\n"

/* A value stays in its line: a newline in it becomes " / ". */
static void put_value(FILE *out, const char *value)
{
	for (; *value; value++)
		if (*value == '\n')
			fputs(" / ", out);
		else if (*value != '\r')
			fputc(*value, out);
	fputc('\n', out);
}

static void put_lines(FILE *out, const struct store_rows *row)
{
	fputs(TITLE, out);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		fprintf(out, "%s: ", lines[i].name);
		put_value(out, store_text(row, (int)i));
	}
}

static int put_stills(FILE *out, struct store *store, int64_t id, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT way, still FROM retrieval_still WHERE retrieval = ?"
			     " ORDER BY way DESC, still", "i", id);

	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		fprintf(out, "still-%s: %lld\n", store_text(&rows, 0), (long long)store_integer(&rows, 1));
		rc = 0;
	}
	return rc;
}

static int put_comparisons(FILE *out, struct store *store, int64_t id, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT sha256 FROM retrieval_comparison WHERE retrieval = ? ORDER BY id",
			     "i", id);

	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		fprintf(out, "comparison-sha256: %s\n", store_text(&rows, 0));
		rc = 0;
	}
	return rc;
}

/* "SELECT id, code, ... FROM retrieval WHERE id = ?", made once: statements are kept by their address. */
static const char *select_lines(void)
{
	static char sql[1024];
	size_t len = 0;

	if (sql[0])
		return sql;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		len += (size_t)snprintf(sql + len, sizeof sql - len, "%s%s", i ? ", " : "SELECT ", lines[i].sql);
	snprintf(sql + len, sizeof sql - len, " FROM retrieval WHERE id = ?");
	return sql;
}

static int put_text(FILE *out, struct store *store, int64_t id, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows row = { 0 };
	int rc = store_query(&row, store, err, select_lines(), "i", id);

	if (rc == 0)
		rc = store_next(&row, err);
	if (rc < 0)
		return rc;
	put_lines(out, &row);
	rc = put_stills(out, store, id, err);
	return rc < 0 ? rc : put_comparisons(out, store, id, err);
}

int retrieval_text(struct store *store, int64_t id, char **text, struct err *err)
{
	CLEANUP(util_freep) char *made = NULL;
	struct retrieval now;
	size_t size;
	FILE *out;
	int rc = retrieval_get(store, id, &now, err);

	if (rc == 0 && now.state != RETRIEVAL_BACK && now.state != RETRIEVAL_SIGNED)
		rc = err_set(err, ERR_STATE, _("retrieval %lld is signed when the exhibit is back"), (long long)id);
	if (rc < 0)
		return rc;
	out = open_memstream(&made, &size);
	if (!out)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = put_text(out, store, id, err);
	if (fclose(out) != 0 && rc == 0)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	if (rc == 0)
		*text = MOVE(made);
	return rc;
}

/* --- signing ------------------------------------------------------------------------------------- */

static int check_other_side(struct store *store, int64_t id, const struct retrieval_signature *signature,
			    bool *both, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT side, name FROM retrieval_signature WHERE retrieval = ?", "i", id);

	*both = false;
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		if (strcmp(store_text(&rows, 0), retrieval_side_name(signature->side)) == 0)
			return err_set(err, ERR_STATE, _("retrieval %lld has been signed as %s by %s already"), (long long)id,
				       _(store_text(&rows, 0)), store_text(&rows, 1));
		if (retrieval_same_person(store_text(&rows, 1), signature->name))
			return err_set(err, ERR_DENIED, _("%s has signed as %s: the other side has to be another person"),
				       signature->name, _(store_text(&rows, 0)));
		*both = true;
		rc = 0;
	}
	return rc;
}

static int keep_signature(struct store *store, const struct act *act, int64_t id,
			  const struct retrieval_signature *signature, char *digest, struct err *err)
{
	CLEANUP(util_freep) char *text = NULL;
	uint8_t sha256[SHA256_DIGEST_LENGTH];
	int rc = retrieval_text(store, id, &text, err);

	if (rc < 0)
		return rc;
	SHA256((const uint8_t *)text, strlen(text), sha256);
	util_hex(digest, sha256, sizeof sha256);
	return store_run(store, err, "INSERT INTO retrieval_signature(retrieval, side, name, utc_us, text_sha256,"
			 " certificate, cms) VALUES(?, ?, ?, ?, ?, ?, ?)", "ittittb", id,
			 retrieval_side_name(signature->side), signature->name, (int64_t)act->utc_us, digest,
			 signature->certificate, signature->cms, signature->cms_len_bytes);
}

int retrieval_sign(struct store *store, const struct act *act, int64_t id,
		   const struct retrieval_signature *signature, struct err *err)
{
	char digest[2 * SHA256_DIGEST_LENGTH + 1] = "";
	struct retrieval now;
	bool both = false;
	int rc = retrieval_in_state(store, id, RETRIEVAL_BACK, N_("signed"), &now, err);

	if (rc == 0)
		rc = check_other_side(store, id, signature, &both, err);
	if (rc == 0)
		rc = keep_signature(store, act, id, signature, digest, err);
	if (rc == 0 && both)
		rc = store_run(store, err, "UPDATE retrieval SET state = 'signed' WHERE id = ?", "i", id);
	if (rc == 0)
		rc = retrieval_note(store, act, LEDGER_RETRIEVAL_SIGNED, &now,
				    json_pack("{s:s, s:s, s:s, s:s, s:s}", "as", retrieval_side_name(signature->side), "name",
					      signature->name, "kind", signature->cms ? "key" : "name", "certificate",
					      signature->certificate, "text_sha256", digest), err);
	return rc;
}
