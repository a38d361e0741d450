/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fields of a form stand in one column, as JSON: a field that is added needs no change of a station's
 * database, and is empty in older rows. What must be unique or be joined is a column of its own.
 */
#include "station/evidence/exhibit_private.h"

extern const char schema_exhibit[];

const char schema_exhibit[] =
	"CREATE TABLE IF NOT EXISTS case_file ("
	"	id INTEGER PRIMARY KEY,"
	"	code TEXT NOT NULL UNIQUE,"
	"	case_no TEXT NOT NULL UNIQUE,"
	"	fields TEXT NOT NULL,"
	"	added_utc_us INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE IF NOT EXISTS exhibit ("
	"	id INTEGER PRIMARY KEY,"
	"	code TEXT NOT NULL UNIQUE,"
	"	case_file INTEGER NOT NULL REFERENCES case_file,"
	"	exhibit_no TEXT NOT NULL,"
	"	fields TEXT NOT NULL,"
	"	search TEXT NOT NULL,"		/* what exhibit_search holds of it */
	"	added_utc_us INTEGER NOT NULL,"
	"	UNIQUE (case_file, exhibit_no)"
	") STRICT;"
	"CREATE VIRTUAL TABLE IF NOT EXISTS exhibit_search USING fts5(grams, content = '', tokenize = 'ascii');"
	"CREATE TRIGGER IF NOT EXISTS case_file_stays BEFORE DELETE ON case_file BEGIN"
	"	SELECT RAISE(ABORT, 'a case is never deleted'); END;"
	"CREATE TRIGGER IF NOT EXISTS exhibit_stays BEFORE DELETE ON exhibit BEGIN"
	"	SELECT RAISE(ABORT, 'an exhibit is never deleted'); END;"
	"CREATE TRIGGER IF NOT EXISTS exhibit_code_stays BEFORE UPDATE OF id, code, case_file ON exhibit BEGIN"
	"	SELECT RAISE(ABORT, 'the code of an exhibit is for ever'); END;";
