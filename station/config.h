/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config.h - what the administrator decides: `[section]`, `key = value`, `#` comments.
 *
 * Strict: an unknown section or key, a second value for a key, or a value out of range is an error
 * that names the file and line. Every setting is one line of config_settings in config.c.
 */
#ifndef OSTEND_CONFIG_H
#define OSTEND_CONFIG_H

#include <stdbool.h>

#include "station/base/err.h"

#define CONFIG_TEXT_SIZE 256

struct config {
	bool demo;
	/* [station] */
	char name[CONFIG_TEXT_SIZE];		/* of the station, in every record; empty: the machine's */
	char state[CONFIG_TEXT_SIZE];		/* folder, 0700 */
	char listen[CONFIG_TEXT_SIZE];		/* TCP, HTTPS */
	char media[CONFIG_TEXT_SIZE];		/* UDP */
	char addresses[CONFIG_TEXT_SIZE];	/* IP literals offered to browsers, by commas; empty: all */
	char hosts[CONFIG_TEXT_SIZE];		/* further names of this station, by commas */
	int viewers_max;
	/* [camera] */
	char camera_driver[CONFIG_TEXT_SIZE];	/* v4l2, file, sim */
	char camera_device[CONFIG_TEXT_SIZE];	/* path */
	char camera_identity[CONFIG_TEXT_SIZE];	/* only this camera; empty: the first one seen */
	int width, height, fps;
	int camera_loop;			/* a file starts again at its end */
	/* [table] */
	char table_driver[CONFIG_TEXT_SIZE];
	char table_port[CONFIG_TEXT_SIZE];	/* empty: no table */
	int table_baud, table_address;		/* 0: the driver's usual */
	char units_per_turn[CONFIG_TEXT_SIZE], gear[CONFIG_TEXT_SIZE];	/* ratio_read(); empty: the driver's usual, 1 */
	int reversed;
	int zero_mdeg, backlash_mdeg;
	int cable_mturns;			/* thousandths of a turn either way; 0: it may turn for ever */
	int speed_mdeg_s, accel_mdeg_s2;	/* of the table's own, as measured; 0: not known */
	int max_mdeg_s, max_mdeg_s2;		/* limits of every motion */
	int estop_at_once;			/* an emergency stop does not decelerate */
	int table_trace;			/* every byte of the line into STATE/table.trace */
	/* [encoder] */
	int bitrate_kbps;
	/* [showing] */
	char case_no[CONFIG_TEXT_SIZE], exhibit_no[CONFIG_TEXT_SIZE], exhibit_name[CONFIG_TEXT_SIZE];
	/* [evidence] */
	int reserve_mb;				/* of the disk, kept for the ledger alone */
	int floor_mb;				/* free space below which nothing is recorded, so nothing shown */
	/* [signing] */
	char log_key[CONFIG_TEXT_SIZE], media_key[CONFIG_TEXT_SIZE];	/* empty: STATE/certs; or pkcs11: URIs */
	char token_module[CONFIG_TEXT_SIZE], token_pin_file[CONFIG_TEXT_SIZE];	/* paths */
	/* [metrics] */
	char metrics_listen[CONFIG_TEXT_SIZE];	/* loopback ADDR:PORT; empty: none */
};

/** Copy @value into the text setting @setting, cut to CONFIG_TEXT_SIZE. */
void config_set_text(char *setting, const char *value);

/** The settings that hold where nothing else is said. */
void config_defaults(struct config *config);

/**
 * Read @path over what is in @config.
 *
 * @return 0; ERR_OS when it cannot be read; ERR_RANGE with "FILE:LINE: what is wrong"
 */
int config_read(struct config *config, const char *path, struct err *err);

/** As config_read, from memory; @name stands in the sentences. */
int config_parse(struct config *config, const char *name, const char *text, struct err *err);

#endif
