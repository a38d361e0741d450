/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/label.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/cli.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"

#define CONNECT_MS 2000
#define ANSWER_MS 5000
#define DPI 300
#define LABELS_MAX 10000

struct labels {
	struct label *list;
	size_t count, size;
};

static int add_label(struct labels *labels, const json_t *exhibit, struct err *err)
{
	if (labels->count == labels->size) {
		size_t size = labels->size ? labels->size * 2 : 32;
		struct label *more = size <= LABELS_MAX * 2 ? realloc(labels->list, size * sizeof *more) : NULL;

		if (!more)
			return err_set(err, ERR_NOMEM, _("these are too many labels for one file"));
		labels->list = more;
		labels->size = size;
	}
	return label_read(&labels->list[labels->count++], exhibit, err);
}

static int fetch_codes(struct rpc_client *client, const json_t *codes, struct labels *labels, struct err *err)
{
	json_t *code, *exhibit;
	size_t i;

	json_array_foreach(codes, i, code) {
		int rc = rpc_client_call(client, "exhibit.show", json_pack("{s:O}", "code", code), ANSWER_MS, &exhibit,
					 NULL, err);

		if (rc == 0) {
			rc = add_label(labels, exhibit, err);
			json_decref(exhibit);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int fetch_case(struct rpc_client *client, const char *case_no, struct labels *labels, struct err *err)
{
	json_int_t after = 0;

	do {
		json_t *page, *exhibit;
		size_t i;
		int rc = rpc_client_call(client, "exhibit.list",
					 json_pack("{s:s, s:I}", "case_no", case_no, "after", after), ANSWER_MS, &page,
					 NULL, err);

		if (rc < 0)
			return rc;
		json_array_foreach(json_object_get(page, "exhibits"), i, exhibit)
			if (rc == 0)
				rc = add_label(labels, exhibit, err);
		after = field_integer(page, "next", 0);
		json_decref(page);
		if (rc < 0)
			return rc;
	} while (after);
	return 0;
}

static int fetch(const struct reach *reach, const json_t *params, struct labels *labels, struct err *err)
{
	CLEANUP(rpc_client_freep) struct rpc_client *client = NULL;
	const char *case_no = json_string_value(json_object_get(params, "case_no"));
	int rc = reach_connect(&client, reach->control, CONNECT_MS, err);

	if (rc == 0)
		rc = fetch_codes(client, json_object_get(params, "codes"), labels, err);
	if (rc == 0 && case_no)
		rc = fetch_case(client, case_no, labels, err);
	if (rc == 0 && !labels->count)
		rc = err_set(err, ERR_RANGE, _("name the exhibits by their codes, or a case with --case"));
	return rc;
}

static bool ends_with(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);

	return len > end_len && strcmp(path + len - end_len, end) == 0;
}

static int write_labels(const struct labels *labels, const json_t *params, struct err *err)
{
	const char *path = field_text(params, "out");

	if (ends_with(path, ".pdf"))
		return label_write_pdf(path, labels->list, labels->count, field_true(params, "sheet"), err);
	if (labels->count > 1)
		return err_set(err, ERR_RANGE, _("%s: a picture holds one label; write several into a .pdf"), path);
	return label_write_png(path, labels->list, (int)field_integer(params, "dpi", DPI), err);
}

int label_run(const struct reach *reach, const json_t *params, bool json)
{
	const char *path = field_text(params, "out");
	struct labels labels = { 0 };
	char text[512];
	struct err err = { 0 };
	int rc = 0;

	if (!ends_with(path, ".pdf") && !ends_with(path, ".png"))
		rc = err_set(&err, ERR_RANGE, _("--out: the name must end in .pdf or .png"));
	if (rc == 0)
		rc = fetch(reach, params, &labels, &err);
	if (rc == 0)
		rc = write_labels(&labels, params, &err);
	if (rc < 0)
		snprintf(text, sizeof text, "ostend: %s", err.text);
	else if (json)
		snprintf(text, sizeof text, "{\"labels\":%zu}", labels.count);
	else
		snprintf(text, sizeof text, _("Written: %s (labels: %zu)"), path, labels.count);
	print_sentence(rc < 0 ? stderr : stdout, text);
	free(labels.list);
	return rc < 0 ? EXIT_REFUSED : EXIT_DONE;
}
