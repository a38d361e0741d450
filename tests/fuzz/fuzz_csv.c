/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables from anywhere: every cell is a text inside the table's own memory, and rows come in the order of lines. */
#include <stdlib.h>
#include <string.h>

#include "station/base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void require(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	size_t line = 0, cells = 0, sum = 0;
	struct csv csv;
	struct err err;

	if (csv_read(&csv, (const char *)bytes, len_bytes, &err) < 0)
		return 0;
	for (size_t i = 0; i < csv.count; i++) {
		require(csv.rows[i].line > line && csv.rows[i].count && csv.rows[i].count <= CSV_COLUMNS_MAX);
		line = csv.rows[i].line;
		for (size_t k = 0; k < csv.rows[i].count; k++) {
			require(csv.rows[i].cells[k] >= csv.text);
			sum += strlen(csv.rows[i].cells[k]);
		}
		cells += csv.rows[i].count;
	}
	require(sum + cells <= len_bytes * 3 + 4);
	csv_clear(&csv);
	return 0;
}
