/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/cbor.h"

#include <stdio.h>
#include <string.h>

/* RFC 8949 3.1 */
enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { CBOR_FALSE = 20, CBOR_TRUE, CBOR_NULL };

static void head(struct bytes *out, enum major major, uint64_t value)
{
	uint8_t high = (uint8_t)(major << 5);

	if (value < 24) {
		bytes_u8(out, high | (uint8_t)value);
	} else if (value <= UINT8_MAX) {
		bytes_u8(out, high | 24);
		bytes_u8(out, (uint8_t)value);
	} else if (value <= UINT16_MAX) {
		bytes_u8(out, high | 25);
		bytes_u16(out, (uint16_t)value);
	} else if (value <= UINT32_MAX) {
		bytes_u8(out, high | 26);
		bytes_u32(out, (uint32_t)value);
	} else {
		bytes_u8(out, high | 27);
		bytes_u64(out, value);
	}
}

void cbor_integer(struct bytes *out, int64_t value)
{
	if (value < 0)
		head(out, NEGATIVE, (uint64_t)(-1 - value));
	else
		head(out, UNSIGNED, (uint64_t)value);
}

void cbor_text(struct bytes *out, const char *text)
{
	head(out, TEXT, strlen(text));
	bytes_text(out, text);
}

void cbor_bytes(struct bytes *out, const void *data, size_t len)
{
	head(out, BYTES, len);
	bytes_add(out, data, len);
}

void cbor_array(struct bytes *out, uint64_t items)
{
	head(out, ARRAY, items);
}

void cbor_map(struct bytes *out, uint64_t pairs)
{
	head(out, MAP, pairs);
}

void cbor_tag(struct bytes *out, uint64_t tag)
{
	head(out, TAG, tag);
}

void cbor_null(struct bytes *out)
{
	head(out, SIMPLE, CBOR_NULL);
}

static void json_members(struct bytes *out, const json_t *object)
{
	const char *key;
	json_t *value;

	cbor_map(out, json_object_size(object));
	json_object_foreach((json_t *)object, key, value) {
		cbor_text(out, key);
		cbor_json(out, value);
	}
}

static void json_items(struct bytes *out, const json_t *array)
{
	json_t *value;
	size_t i;

	cbor_array(out, json_array_size(array));
	json_array_foreach((json_t *)array, i, value)
		cbor_json(out, value);
}

void cbor_json(struct bytes *out, const json_t *json)
{
	char number[40];

	switch (json ? json_typeof(json) : JSON_NULL) {
	case JSON_OBJECT:
		json_members(out, json);
		break;
	case JSON_ARRAY:
		json_items(out, json);
		break;
	case JSON_STRING:
		head(out, TEXT, json_string_length(json));
		bytes_add(out, json_string_value(json), json_string_length(json));
		break;
	case JSON_INTEGER:
		cbor_integer(out, json_integer_value(json));
		break;
	case JSON_REAL:
		snprintf(number, sizeof number, "%.17g", json_real_value(json));
		cbor_text(out, number);
		break;
	case JSON_TRUE:
		head(out, SIMPLE, CBOR_TRUE);
		break;
	case JSON_FALSE:
		head(out, SIMPLE, CBOR_FALSE);
		break;
	default:
		cbor_null(out);
	}
}
