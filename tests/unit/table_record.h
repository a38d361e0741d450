/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table_record.h - what a table process tells to all who listen, heard over a second connection, for tests. */
#ifndef OSTEND_TESTS_TABLE_RECORD_H
#define OSTEND_TESTS_TABLE_RECORD_H

#include "tests/unit/table_fixture.h"

struct record {
	struct rpc_client *client;
	json_t *events;
	uint64_t states;
	json_int_t sequence;
};

struct record record_start(struct fixture *fixture);
void record_end(struct record *record);
/** Take what has come. States must come in the order of their numbers. */
void record_hear(struct record *record);
/** The text of a member, "" when it is none. */
const char *record_member(const json_t *event, const char *key);
/** The first entry of @kind whose text has @words, waited for; borrowed. */
const json_t *record_expect(struct record *record, const char *kind, const char *words);
/** How many motions have been done. */
int record_moves(struct record *record);

#endif
