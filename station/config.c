/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/geometry.h"

#define FILE_MAX (64 * 1024)

enum kind { KIND_TEXT, KIND_NUMBER, KIND_THOUSANDTHS, KIND_RATIO, KIND_CHOICE };

struct setting {
	const char *section, *key;
	enum kind kind;
	size_t offset;
	int low, high;			/* of a number; thousandths as written, not as kept */
	const char *fallback;
	const char *const *choices;	/* NULL at the end; kept is the place in it */
};

#define TEXT(section, key, member, fallback)                                                       \
	{ section, key, KIND_TEXT, offsetof(struct config, member), 0, 0, fallback, NULL }
#define NUMBER(section, key, member, low, high, fallback)                                          \
	{ section, key, KIND_NUMBER, offsetof(struct config, member), low, high, fallback, NULL }
#define THOUSANDTHS(section, key, member, low, high, fallback)                                     \
	{ section, key, KIND_THOUSANDTHS, offsetof(struct config, member), low, high, fallback, NULL }
#define RATIO(section, key, member)                                                                \
	{ section, key, KIND_RATIO, offsetof(struct config, member), 0, 0, "", NULL }
#define CHOICE(section, key, member, choices, fallback)                                            \
	{ section, key, KIND_CHOICE, offsetof(struct config, member), 0, 0, fallback, choices }

static const char *const estop_choices[] = { "decelerate", "at-once", NULL };

static const struct setting config_settings[] = {
	TEXT("station", "name", name, ""),
	TEXT("station", "state", state, "/var/lib/ostend"),
	TEXT("station", "listen", listen, "0.0.0.0:8443"),
	TEXT("station", "media", media, "0.0.0.0:8444"),
	TEXT("station", "addresses", addresses, ""),
	TEXT("station", "hosts", hosts, ""),
	NUMBER("station", "viewers_max", viewers_max, 1, 1000, "250"),
	TEXT("camera", "driver", camera_driver, "v4l2"),
	TEXT("camera", "device", camera_device, "/dev/video0"),
	TEXT("camera", "identity", camera_identity, ""),
	NUMBER("camera", "width", width, 320, 4096, "1920"),
	NUMBER("camera", "height", height, 180, 3072, "1080"),
	NUMBER("camera", "fps", fps, 1, 120, "30"),
	NUMBER("camera", "loop", camera_loop, 0, 1, "1"),
	TEXT("table", "driver", table_driver, "grbl"),
	TEXT("table", "port", table_port, ""),
	NUMBER("table", "baud", table_baud, 0, 4000000, "0"),
	NUMBER("table", "address", table_address, 0, 255, "0"),
	RATIO("table", "units_per_turn", units_per_turn),
	RATIO("table", "gear", gear),
	NUMBER("table", "reversed", reversed, 0, 1, "0"),
	THOUSANDTHS("table", "zero_deg", zero_mdeg, -360, 360, "0"),
	THOUSANDTHS("table", "backlash_deg", backlash_mdeg, 0, 20, "0"),
	THOUSANDTHS("table", "cable_turns", cable_mturns, 0, 1000, "0"),
	THOUSANDTHS("table", "speed_deg_s", speed_mdeg_s, 0, 360, "0"),
	THOUSANDTHS("table", "accel_deg_s2", accel_mdeg_s2, 0, 3600, "0"),
	THOUSANDTHS("table", "max_deg_s", max_mdeg_s, 1, 360, "30"),
	THOUSANDTHS("table", "max_deg_s2", max_mdeg_s2, 1, 3600, "200"),
	CHOICE("table", "estop", estop_at_once, estop_choices, "decelerate"),
	NUMBER("table", "trace", table_trace, 0, 1, "0"),
	NUMBER("encoder", "bitrate_kbps", bitrate_kbps, 200, 50000, "4000"),
	TEXT("showing", "case_no", case_no, ""),
	TEXT("showing", "exhibit_no", exhibit_no, ""),
	TEXT("showing", "exhibit_name", exhibit_name, ""),
	NUMBER("evidence", "reserve_mb", reserve_mb, 0, 4096, "64"),
	NUMBER("evidence", "floor_mb", floor_mb, 0, 1000000, "2048"),
	TEXT("signing", "log_key", log_key, ""),
	TEXT("signing", "media_key", media_key, ""),
	TEXT("signing", "module", token_module, ""),
	TEXT("signing", "pin_file", token_pin_file, ""),
	TEXT("metrics", "listen", metrics_listen, ""),
};

static int set_text(char *member, const struct setting *setting, const char *value, struct err *err)
{
	if (strlen(value) >= CONFIG_TEXT_SIZE)
		return err_set(err, ERR_RANGE, "%s has more than %d bytes", setting->key, CONFIG_TEXT_SIZE - 1);
	strcpy(member, value);
	return 0;
}

static int set_number(int *member, const struct setting *setting, const char *value, struct err *err)
{
	char *end;
	long number = strtol(value, &end, 10);

	if (!*value || *end || number < setting->low || number > setting->high)
		return err_set(err, ERR_RANGE, "%s must be a whole number from %d to %d, not \"%s\"",
			       setting->key, setting->low, setting->high, value);
	*member = (int)number;
	return 0;
}

static int set_thousandths(int *member, const struct setting *setting, const char *value, struct err *err)
{
	int64_t number;

	if (!util_thousandths(&number, value) || number < setting->low * INT64_C(1000) ||
	    number > setting->high * INT64_C(1000))
		return err_set(err, ERR_RANGE, "%s must be a number from %d to %d with at most three decimals, "
			       "not \"%s\"", setting->key, setting->low, setting->high, value);
	*member = (int)number;
	return 0;
}

/* Kept as it is written: who uses it reads it again. */
static int set_ratio(char *member, const struct setting *setting, const char *value, struct err *err)
{
	struct ratio ratio;
	int rc = *value ? ratio_read(&ratio, value, err) : 0;

	return rc < 0 ? err_prefix(err, "%s", setting->key) : set_text(member, setting, value, err);
}

static int set_choice(int *member, const struct setting *setting, const char *value, struct err *err)
{
	for (int i = 0; setting->choices[i]; i++)
		if (strcmp(setting->choices[i], value) == 0) {
			*member = i;
			return 0;
		}
	return err_set(err, ERR_RANGE, "%s must be %s or %s, not \"%s\"", setting->key, setting->choices[0],
		       setting->choices[1], value);
}

static int set_value(struct config *config, const struct setting *setting, const char *value,
		     struct err *err)
{
	char *member = (char *)config + setting->offset;

	switch (setting->kind) {
	case KIND_NUMBER:
		return set_number((int *)(void *)member, setting, value, err);
	case KIND_THOUSANDTHS:
		return set_thousandths((int *)(void *)member, setting, value, err);
	case KIND_RATIO:
		return set_ratio(member, setting, value, err);
	case KIND_CHOICE:
		return set_choice((int *)(void *)member, setting, value, err);
	default:
		return set_text(member, setting, value, err);
	}
}

void config_set_text(char *setting, const char *value)
{
	snprintf(setting, CONFIG_TEXT_SIZE, "%s", value);
}

void config_defaults(struct config *config)
{
	memset(config, 0, sizeof *config);
	for (size_t i = 0; i < ARRAY_LEN(config_settings); i++)
		set_value(config, &config_settings[i], config_settings[i].fallback, NULL);
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static bool section_is_known(const char *section)
{
	for (size_t i = 0; i < ARRAY_LEN(config_settings); i++)
		if (strcmp(config_settings[i].section, section) == 0)
			return true;
	return false;
}

static int parse_value(struct config *config, const char *section, char *line, bool *seen,
		       struct err *err)
{
	char *equals = strchr(line, '=');
	char *key, *value;

	if (!equals)
		return err_set(err, ERR_RANGE, "\"%s\" is neither [section] nor key = value", line);
	*equals = '\0';
	key = trim(line);
	value = trim(equals + 1);
	for (size_t i = 0; i < ARRAY_LEN(config_settings); i++) {
		const struct setting *setting = &config_settings[i];

		if (strcmp(setting->section, section) != 0 || strcmp(setting->key, key) != 0)
			continue;
		if (seen[i])
			return err_set(err, ERR_RANGE, "a second value for %s", key);
		seen[i] = true;
		return set_value(config, setting, value, err);
	}
	return err_set(err, ERR_RANGE, "unknown key \"%s\" in [%s]", key, section);
}

static int parse_section(char *section, size_t size, char *line, struct err *err)
{
	char *close = strchr(line, ']');

	if (!close || close[1])
		return err_set(err, ERR_RANGE, "\"%s\" is not a [section]", line);
	*close = '\0';
	snprintf(section, size, "%s", trim(line + 1));
	if (!section_is_known(section))
		return err_set(err, ERR_RANGE, "unknown section [%s]", section);
	return 0;
}

int config_parse(struct config *config, const char *name, const char *text, struct err *err)
{
	CLEANUP(util_freep) char *copy = strdup(text);
	bool seen[ARRAY_LEN(config_settings)] = { false };
	char section[32] = "";
	char *line, *rest = copy;
	int number = 0, rc = 0;

	if (!copy)
		return err_set(err, ERR_NOMEM, "%s: out of memory", name);
	while (rc == 0 && (line = strsep(&rest, "\n"))) {
		number++;
		line = trim(line);
		if (!*line || *line == '#')
			continue;
		if (*line == '[')
			rc = parse_section(section, sizeof section, line, err);
		else
			rc = parse_value(config, section, line, seen, err);
	}
	return rc < 0 ? err_prefix(err, "%s:%d", name, number) : 0;
}

int config_read(struct config *config, const char *path, struct err *err)
{
	CLEANUP(util_freep) char *text = calloc(1, FILE_MAX + 1);
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file)
		return err_os(err, "%s", path);
	len = text ? fread(text, 1, FILE_MAX + 1, file) : 0;
	fclose(file);
	if (!text)
		return err_set(err, ERR_NOMEM, "%s: out of memory", path);
	if (len > FILE_MAX || memchr(text, '\0', len))
		return err_set(err, ERR_RANGE, "%s is not a configuration file", path);
	return config_parse(config, path, text, err);
}
