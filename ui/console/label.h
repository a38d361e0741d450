/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * label.h - the label of an exhibit: QR code, numbers and names on 70 mm x 37 mm, the commonest sheet of labels
 * (three by eight on A4, without margins).
 */
#ifndef OSTEND_UI_CONSOLE_LABEL_H
#define OSTEND_UI_CONSOLE_LABEL_H

#include <jansson.h>

#include "station/base/form.h"
#include "station/base/item_code.h"
#include "ui/console/reach.h"

#define LABEL_DPI_MIN 150
#define LABEL_DPI_MAX 1200

struct label {
	char code[ITEM_CODE_SIZE];
	char case_no[FORM_SIZE_TEXT];
	struct exhibit_values values;
};

/** From what exhibit.show answers. ERR_RANGE. */
int label_read(struct label *label, const json_t *exhibit, struct err *err);

/** One label, @dpi dots an inch. ERR_OS; ERR_NOMEM. */
int label_write_png(const char *path, const struct label *label, int dpi, struct err *err);

/** A page for each label, or @sheet: A4 with 24 on a page. */
int label_write_pdf(const char *path, const struct label *labels, size_t count, bool sheet, struct err *err);

/** @params: "codes" or "case_no", "out" (.pdf or .png), "sheet", "dpi". Prints; returns an exit status. */
int label_run(const struct reach *reach, const json_t *params, bool json);

#endif
