/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How two pictures are compared, on brightness alone:
 *
 *	1. levels    the second is brought to mean and spread of the first
 *	2. shift     one for the whole picture, then up to 2 pixels for each block of 64: a table that comes back
 *	             to its angle within a hundredth of a degree moves near and far parts by different amounts
 *	3. noise     the median of what is left; the threshold lies well above it
 *	4. marks     a pixel differs when it lies outside what its 3 x 3 neighbourhood spans in the other picture,
 *	             either way round: edges that moved by a part of a pixel do not
 *	5. regions   cells of 8 x 8 with some such pixels, joined with their neighbours
 */
#include "station/picture/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#define PIXELS_MAX (64u * 1024 * 1024)
#define SIDE_MIN 64		/* of a picture */
#define COARSE 4		/* the shift is looked for first in a picture so much smaller, */
#define COARSE_RANGE 6		/* so many of its pixels either way */
#define FINE_RANGE 4
#define BLOCK 64
#define BLOCK_RANGE 2
#define CELL 8
#define CELL_PIXELS_MIN 3	/* of a cell that counts */
#define REGION_PIXELS_MIN 10
#define THRESHOLD_MIN 14	/* of 255: below that JPEG itself may be */
#define CHANGED_MAX_PPM 300000	/* more is another view, not a damage */

struct plane {
	uint32_t width, height;
	uint8_t *pixels;
};

static void plane_clear(struct plane *plane)
{
	free(plane->pixels);
	plane->pixels = NULL;
}

static int plane_make(struct plane *plane, uint32_t width, uint32_t height, struct err *err)
{
	*plane = (struct plane){ width, height, malloc((size_t)width * height) };
	return plane->pixels ? 0 : err_set(err, ERR_NOMEM, "comparing pictures: out of memory");
}

static void tj_freep(tjhandle *handle)
{
	if (*handle)
		tjDestroy(*handle);
}

static int read_jpeg(struct plane *plane, const struct compare_jpeg *jpeg, struct err *err)
{
	CLEANUP(tj_freep) tjhandle tj = tjInitDecompress();
	int width, height, subsampling, space, rc;

	if (!tj)
		return err_set(err, ERR_NOMEM, "comparing pictures: out of memory");
	if (tjDecompressHeader3(tj, jpeg->bytes, jpeg->len_bytes, &width, &height, &subsampling, &space) < 0)
		return err_set(err, ERR_RANGE, "not a JPEG picture: %s", tjGetErrorStr2(tj));
	if (width < SIDE_MIN || height < SIDE_MIN || (uint64_t)width * (uint64_t)height > PIXELS_MAX)
		return err_set(err, ERR_RANGE, "a picture of %d x %d cannot be compared", width, height);
	rc = plane_make(plane, (uint32_t)width, (uint32_t)height, err);
	if (rc == 0 && tjDecompress2(tj, jpeg->bytes, jpeg->len_bytes, plane->pixels, width, width, height, TJPF_GRAY,
				     TJFLAG_ACCURATEDCT) < 0)
		rc = err_set(err, ERR_RANGE, "a damaged JPEG picture: %s", tjGetErrorStr2(tj));
	return rc;
}

/* --- levels -------------------------------------------------------------------------------------- */

static void moments(const struct plane *plane, double *mean, double *spread)
{
	uint64_t count[256] = { 0 };
	size_t size = (size_t)plane->width * plane->height;
	double sum = 0, squares = 0;

	for (size_t i = 0; i < size; i++)
		count[plane->pixels[i]]++;
	for (int level = 0; level < 256; level++) {
		sum += (double)count[level] * level;
		squares += (double)count[level] * level * level;
	}
	*mean = sum / (double)size;
	*spread = sqrt(fmax(squares / (double)size - *mean * *mean, 0.25));
}

static void map_levels(struct plane *plane, double gain, double offset)
{
	uint8_t map[256];

	for (int level = 0; level < 256; level++)
		map[level] = (uint8_t)CLAMP(lround(gain * level + offset), 0, 255);
	for (size_t i = 0; i < (size_t)plane->width * plane->height; i++)
		plane->pixels[i] = map[plane->pixels[i]];
}

/* A change that is small against the picture moves mean and spread by next to nothing. */
static void match_levels(const struct plane *before, struct plane *after, struct compare_result *result)
{
	double mean[2], spread[2], gain, offset;

	moments(before, &mean[0], &spread[0]);
	moments(after, &mean[1], &spread[1]);
	gain = fmin(fmax(spread[0] / spread[1], 0.5), 2.0);
	offset = mean[0] - gain * mean[1];
	map_levels(after, gain, offset);
	result->gain_permille = (uint32_t)lround(gain * 1000);
	result->offset_levels = (int32_t)lround(offset);
}

/* --- shift --------------------------------------------------------------------------------------- */

static int shrink(struct plane *small, const struct plane *plane, struct err *err)
{
	int rc = plane_make(small, plane->width / COARSE, plane->height / COARSE, err);

	for (uint32_t y = 0; rc == 0 && y < small->height; y++)
		for (uint32_t x = 0; x < small->width; x++) {
			unsigned sum = 0;

			for (uint32_t row = 0; row < COARSE; row++)
				for (uint32_t column = 0; column < COARSE; column++)
					sum += plane->pixels[(size_t)(y * COARSE + row) * plane->width + x * COARSE +
							     column];
			small->pixels[(size_t)y * small->width + x] = (uint8_t)(sum / (COARSE * COARSE));
		}
	return rc;
}

struct area { int32_t x, y, width, height; };

static uint32_t row_distance(const uint8_t *a, const uint8_t *b, int32_t count)
{
	uint32_t sum = 0;

	for (int32_t i = 0; i < count; i++)
		sum += (uint32_t)abs(a[i] - b[i]);
	return sum;
}

/* Mean distance, in 1/256 levels, of @area of @before from @after moved by (@dx, @dy); every @step-th row. */
static uint64_t distance(const struct plane *before, const struct plane *after, struct area area, int32_t dx,
			 int32_t dy, int32_t step)
{
	int32_t left = MAX(area.x, -dx), right = MIN(area.x + area.width, (int32_t)after->width - dx);
	int32_t top = MAX(area.y, -dy), bottom = MIN(area.y + area.height, (int32_t)after->height - dy);
	uint64_t sum = 0, count = 0;

	left = MAX(left, 0);
	top = MAX(top, 0);
	right = MIN(right, (int32_t)before->width);
	bottom = MIN(bottom, (int32_t)before->height);
	for (int32_t y = top; y < bottom && right > left; y += step) {
		sum += row_distance(before->pixels + (size_t)y * before->width + left,
				    after->pixels + (size_t)(y + dy) * after->width + left + dx, right - left);
		count += (uint64_t)(right - left);
	}
	return count ? sum * 256 / count : UINT64_MAX;
}

/* The best of the shifts around (*@dx, *@dy); of equal ones the nearest to it. */
static void search(const struct plane *before, const struct plane *after, struct area area, int32_t range,
		   int32_t step, int32_t *dx, int32_t *dy)
{
	int32_t from_x = *dx, from_y = *dy;
	uint64_t best = distance(before, after, area, from_x, from_y, step);

	for (int32_t y = from_y - range; y <= from_y + range; y++)
		for (int32_t x = from_x - range; x <= from_x + range; x++) {
			uint64_t found = distance(before, after, area, x, y, step);

			if (found < best) {
				best = found;
				*dx = x;
				*dy = y;
			}
		}
}

static int find_shift(const struct plane *before, const struct plane *after, struct compare_result *result,
		      struct err *err)
{
	CLEANUP(plane_clear) struct plane small_before = { 0 };
	CLEANUP(plane_clear) struct plane small_after = { 0 };
	int32_t dx = 0, dy = 0;
	int rc = shrink(&small_before, before, err);

	if (rc == 0)
		rc = shrink(&small_after, after, err);
	if (rc < 0)
		return rc;
	search(&small_before, &small_after,
	       (struct area){ 0, 0, (int32_t)small_before.width, (int32_t)small_before.height }, COARSE_RANGE, 1, &dx, &dy);
	if (abs(dx) == COARSE_RANGE || abs(dy) == COARSE_RANGE) {
		snprintf(result->reason, sizeof result->reason,
			 "the two pictures do not show the same view: they are shifted by %d pixels or more",
			 COARSE * COARSE_RANGE);
		return 0;
	}
	dx *= COARSE;
	dy *= COARSE;
	search(before, after, (struct area){ 0, 0, (int32_t)before->width, (int32_t)before->height }, FINE_RANGE, 4, &dx,
	       &dy);
	result->shift_x = dx;
	result->shift_y = dy;
	result->comparable = true;
	return 0;
}

static void copy_block(struct plane *aligned, const struct plane *after, struct area area, int32_t dx, int32_t dy)
{
	for (int32_t y = area.y; y < area.y + area.height; y++) {
		int32_t from_y = CLAMP(y + dy, 0, (int32_t)after->height - 1);

		for (int32_t x = area.x; x < area.x + area.width; x++)
			aligned->pixels[(size_t)y * aligned->width + (size_t)x] =
				after->pixels[(size_t)from_y * after->width +
					      (size_t)CLAMP(x + dx, 0, (int32_t)after->width - 1)];
	}
}

static void align(const struct plane *before, const struct plane *after, const struct compare_result *result,
		  struct plane *aligned)
{
	int32_t width = (int32_t)before->width, height = (int32_t)before->height;

	for (int32_t y = 0; y < height; y += BLOCK)
		for (int32_t x = 0; x < width; x += BLOCK) {
			struct area area = { x, y, MIN(BLOCK, width - x), MIN(BLOCK, height - y) };
			int32_t dx = result->shift_x, dy = result->shift_y;

			search(before, after, area, BLOCK_RANGE, 2, &dx, &dy);
			copy_block(aligned, after, area, dx, dy);
		}
}

/* --- noise --------------------------------------------------------------------------------------- */

static void find_threshold(const struct plane *a, const struct plane *b, struct compare_result *result)
{
	uint64_t count[256] = { 0 }, seen = 0, size = (uint64_t)a->width * a->height;
	unsigned median = 0;

	for (size_t i = 0; i < size; i++)
		count[abs(a->pixels[i] - b->pixels[i])]++;
	while (median < 255 && (seen += count[median]) <= size / 2)
		median++;
	/* of Gaussian noise the median of the distance is 0.67 standard deviations */
	result->noise_levels = (median * 3 + 1) / 2;
	result->threshold_levels = MAX(THRESHOLD_MIN, 5 * result->noise_levels + 4);
}

/* --- marks --------------------------------------------------------------------------------------- */

struct span { uint8_t low, high; };

static struct span span_at(const struct plane *plane, uint32_t x, uint32_t y)
{
	const uint8_t *at = plane->pixels + (size_t)(y - 1) * plane->width + x - 1;
	struct span span = { 255, 0 };

	for (int row = 0; row < 3; row++, at += plane->width)
		for (int column = 0; column < 3; column++) {
			span.low = MIN(span.low, at[column]);
			span.high = MAX(span.high, at[column]);
		}
	return span;
}

static int outside(uint8_t level, struct span span)
{
	return level > span.high ? level - span.high : level < span.low ? span.low - level : 0;
}

struct cells {
	uint32_t width, height;
	struct cell { uint16_t pixels; uint8_t levels; bool taken; } *list;
};

static void cells_clear(struct cells *cells)
{
	free(cells->list);
}

static bool is_ignored(const struct compare_options *options, uint32_t x, uint32_t y)
{
	const struct compare_region *ignore = options ? &options->ignore : NULL;

	return ignore && x - ignore->x < ignore->width && y - ignore->y < ignore->height;
}

/* By how much the pixel differs; near ones first, since most do not differ at all. */
static int difference(const struct plane *a, const struct plane *b, uint32_t x, uint32_t y, int threshold)
{
	uint8_t in_a = a->pixels[(size_t)y * a->width + x], in_b = b->pixels[(size_t)y * b->width + x];

	if (abs(in_a - in_b) <= threshold)
		return 0;
	return MAX(outside(in_a, span_at(b, x, y)), outside(in_b, span_at(a, x, y)));
}

static int mark(const struct plane *a, const struct plane *b, const struct compare_options *options,
		struct compare_result *result, struct cells *cells, struct err *err)
{
	uint32_t margin_x = (uint32_t)abs(result->shift_x) + BLOCK_RANGE + 1;
	uint32_t margin_y = (uint32_t)abs(result->shift_y) + BLOCK_RANGE + 1;
	int threshold = (int)result->threshold_levels;
	uint64_t changed = 0;

	*cells = (struct cells){ (a->width + CELL - 1) / CELL, (a->height + CELL - 1) / CELL, NULL };
	cells->list = calloc((size_t)cells->width * cells->height, sizeof *cells->list);
	if (!cells->list)
		return err_set(err, ERR_NOMEM, "comparing pictures: out of memory");
	for (uint32_t y = margin_y; y < a->height - margin_y; y++)
		for (uint32_t x = margin_x; x < a->width - margin_x; x++) {
			int levels = difference(a, b, x, y, threshold);
			struct cell *cell = &cells->list[(size_t)(y / CELL) * cells->width + x / CELL];

			if (levels <= threshold || is_ignored(options, x, y))
				continue;
			cell->pixels++;
			cell->levels = (uint8_t)MAX(cell->levels, levels);
			changed++;
		}
	result->changed_ppm = (uint32_t)(changed * 1000000 / ((uint64_t)a->width * a->height));
	return 0;
}

/* --- regions ------------------------------------------------------------------------------------- */

struct gather {
	struct cells *cells;
	uint32_t *stack;
	size_t depth;
	uint32_t left, top, right, bottom, pixels, levels;
};

static void take_cell(struct gather *gather, uint32_t x, uint32_t y, unsigned least)
{
	struct cell *cell = &gather->cells->list[(size_t)y * gather->cells->width + x];

	if (cell->taken || cell->pixels < least)
		return;
	cell->taken = true;
	gather->stack[gather->depth++] = y * gather->cells->width + x;
	gather->left = MIN(gather->left, x);
	gather->top = MIN(gather->top, y);
	gather->right = MAX(gather->right, x);
	gather->bottom = MAX(gather->bottom, y);
	gather->pixels += cell->pixels;
	gather->levels = MAX(gather->levels, cell->levels);
}

/* From a strong cell on, every neighbour with any mark, over one empty cell too: a scratch may be broken. */
static void gather_from(struct gather *gather, uint32_t x, uint32_t y)
{
	const struct cells *cells = gather->cells;

	gather->left = gather->top = UINT32_MAX;
	gather->right = gather->bottom = gather->pixels = gather->levels = 0;
	take_cell(gather, x, y, CELL_PIXELS_MIN);
	while (gather->depth) {
		uint32_t at = gather->stack[--gather->depth], cx = at % cells->width, cy = at / cells->width;

		for (uint32_t ny = cy > 2 ? cy - 2 : 0; ny <= MIN(cy + 2, cells->height - 1); ny++)
			for (uint32_t nx = cx > 2 ? cx - 2 : 0; nx <= MIN(cx + 2, cells->width - 1); nx++)
				take_cell(gather, nx, ny, 1);
	}
}

static int by_size(const void *a, const void *b)
{
	const struct compare_region *first = a, *second = b;

	return first->pixels < second->pixels ? 1 : first->pixels > second->pixels ? -1 : 0;
}

static void keep_region(struct compare_result *result, const struct gather *gather)
{
	struct compare_region region = {
		.x = gather->left * CELL, .y = gather->top * CELL,
		.width = (gather->right - gather->left + 1) * CELL, .height = (gather->bottom - gather->top + 1) * CELL,
		.pixels = gather->pixels, .levels = gather->levels,
	};
	struct compare_region *last = &result->regions[COMPARE_REGIONS_MAX - 1];

	region.width = MIN(region.width, result->width - region.x);
	region.height = MIN(region.height, result->height - region.y);
	result->found++;
	if (result->region_count < COMPARE_REGIONS_MAX)
		result->regions[result->region_count++] = region;
	else if (last->pixels < region.pixels)
		*last = region;
	else
		return;
	qsort(result->regions, result->region_count, sizeof region, by_size);
}

static int find_regions(struct cells *cells, struct compare_result *result, struct err *err)
{
	CLEANUP(util_freep) uint32_t *stack = calloc((size_t)cells->width * cells->height, sizeof *stack);
	struct gather gather = { .cells = cells, .stack = stack };

	if (!stack)
		return err_set(err, ERR_NOMEM, "comparing pictures: out of memory");
	for (uint32_t y = 0; y < cells->height; y++)
		for (uint32_t x = 0; x < cells->width; x++) {
			const struct cell *cell = &cells->list[(size_t)y * cells->width + x];

			if (cell->taken || cell->pixels < CELL_PIXELS_MIN)
				continue;
			gather_from(&gather, x, y);
			if (gather.pixels >= REGION_PIXELS_MIN)
				keep_region(result, &gather);
		}
	return 0;
}

/* --- all together -------------------------------------------------------------------------------- */

static int compare_planes(const struct plane *before, struct plane *after, const struct compare_options *options,
			  struct compare_result *result, struct err *err)
{
	CLEANUP(plane_clear) struct plane aligned = { 0 };
	CLEANUP(cells_clear) struct cells cells = { 0 };
	int rc;

	match_levels(before, after, result);
	rc = find_shift(before, after, result, err);
	if (rc < 0 || !result->comparable)
		return rc;
	rc = plane_make(&aligned, before->width, before->height, err);
	if (rc < 0)
		return rc;
	align(before, after, result, &aligned);
	find_threshold(before, &aligned, result);
	rc = mark(before, &aligned, options, result, &cells, err);
	if (rc < 0)
		return rc;
	if (result->changed_ppm <= CHANGED_MAX_PPM)
		return find_regions(&cells, result, err);
	result->comparable = false;
	snprintf(result->reason, sizeof result->reason, "the two pictures differ nearly everywhere: take them from the "
		 "same side, in the same light");
	return 0;
}

int compare_jpegs(const struct compare_jpeg *before, const struct compare_jpeg *after,
		  const struct compare_options *options, struct compare_result *result, struct err *err)
{
	CLEANUP(plane_clear) struct plane first = { 0 };
	CLEANUP(plane_clear) struct plane second = { 0 };
	int rc = read_jpeg(&first, before, err);

	if (rc == 0)
		rc = read_jpeg(&second, after, err);
	if (rc < 0)
		return rc;
	*result = (struct compare_result){ .width = first.width, .height = first.height };
	if (first.width == second.width && first.height == second.height)
		return compare_planes(&first, &second, options, result, err);
	snprintf(result->reason, sizeof result->reason, "the pictures have different sizes: %u x %u and %u x %u",
		 first.width, first.height, second.width, second.height);
	return 0;
}
