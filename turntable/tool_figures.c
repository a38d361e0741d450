/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/tool_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/util.h"

void series_add(struct series *series, double value)
{
	if (series->count == series->room) {
		size_t room = series->room ? series->room * 2 : 64;
		double *values = realloc(series->values, room * sizeof *values);

		if (!values)
			return;
		series->values = values;
		series->room = room;
	}
	series->values[series->count++] = value;
}

void series_free(struct series *series)
{
	free(series->values);
	*series = (struct series){ .count = 0 };
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

double series_percentile(struct series *series, double percent)
{
	size_t place;

	if (!series->count)
		return NAN;
	qsort(series->values, series->count, sizeof *series->values, compare);
	place = (size_t)ceil(percent / 100 * (double)series->count);
	return series->values[place ? MIN(place, series->count) - 1 : 0];
}

double series_most(const struct series *series)
{
	double most = NAN;

	for (size_t i = 0; i < series->count; i++)
		most = fmax(most, fabs(series->values[i]));
	return most;
}

/* Least squares. */
bool figures_line(const double *x, const double *y, size_t count, double *at_zero, double *slope)
{
	double sum_x = 0, sum_y = 0, square = 0, product = 0;

	for (size_t i = 0; i < count; i++) {
		sum_x += x[i];
		sum_y += y[i];
	}
	for (size_t i = 0; i < count; i++) {
		square += (x[i] - sum_x / (double)count) * (x[i] - sum_x / (double)count);
		product += (x[i] - sum_x / (double)count) * (y[i] - sum_y / (double)count);
	}
	if (count < 2 || square <= 0)
		return false;
	*slope = product / square;
	*at_zero = (sum_y - *slope * sum_x) / (double)count;
	return true;
}

/* --- figures -------------------------------------------------------------------------------------- */

static json_t *number_or_null(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static const char *judge(const struct figure *figure)
{
	if (isnan(figure->at_least) && isnan(figure->at_most))
		return isnan(figure->value) ? "unseen" : "informs";
	if (isnan(figure->value))
		return "unseen";
	return figure->value < figure->at_least || figure->value > figure->at_most ? "fail" : "pass";
}

static void add(struct figures *figures, json_t *figure, const char *verdict)
{
	bool demanded = json_is_real(json_object_get(figure, "at_least")) ||
			json_is_real(json_object_get(figure, "at_most"));

	figures->failed += strcmp(verdict, "fail") == 0;
	figures->unseen += strcmp(verdict, "unseen") == 0 && demanded;
	json_array_append_new(figures->list, figure);
}

void figures_add(struct figures *figures, const struct figure *figure)
{
	const char *verdict = judge(figure);

	add(figures, json_pack("{s:s, s:s, s:o, s:s, s:i, s:o, s:o, s:s, s:s}", "key", figure->key, "title",
			       figure->title, "value", number_or_null(figure->value), "unit", figure->unit,
			       "decimals", figure->decimals, "at_least", number_or_null(figure->at_least),
			       "at_most", number_or_null(figure->at_most), "verdict", verdict,
			       "note", figure->note ? figure->note : ""), verdict);
}

void figures_add_fact(struct figures *figures, const char *key, const char *title, bool met, const char *note)
{
	const char *verdict = met ? "pass" : "fail";

	add(figures, json_pack("{s:s, s:s, s:b, s:s, s:s}", "key", key, "title", title, "value", met, "verdict",
			       verdict, "note", note ? note : ""), verdict);
}
