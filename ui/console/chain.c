/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page is made here and not in the station, so that it speaks the language of who asks for it. Everything on
 * it is of exhibit.chain and retrieval.show, and so of the ledger.
 */
#include "ui/console/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/replace.h"
#include "station/evidence/paper.h"
#include "ui/console/cli.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"
#include "ui/console/words.h"

#define CONNECT_MS 2000
#define ANSWER_MS 5000
#define COLUMNS 5
#define CELL_BYTES 320

/* --- what is on it ------------------------------------------------------------------------------- */

/* Facts are two to a line. */
static void add_exhibit(struct paper *paper, const json_t *chain)
{
	static const int widths[] = { 12, 38, 12, 38 };
	const json_t *exhibit = json_object_get(chain, "exhibit");
	const char *const cells[] = {
		_("Case"), field_text(exhibit, "case_no"), _("Code"), field_text(exhibit, "code"),
		_("Exhibit no."), field_text(exhibit, "exhibit_no"), _("Name"), field_text(exhibit, "name"),
		_("Holder"), field_text(exhibit, "holder"), _("Seal no."), field_text(exhibit, "seal_no"),
		_("Place"), field_text(exhibit, "place"), _("Answerable"), field_text(chain, "body"),
	};

	paper_table(paper, ARRAY_LEN(widths), widths, ARRAY_LEN(cells) / ARRAY_LEN(widths), cells);
	if (*field_text(chain, "disposed"))
		paper_pair(paper, _("Disposed of"), words_disposal(field_text(chain, "disposed")));
}

/* What of an entry's own members a reader of the page wants: with whom, where, in what condition, which seal. */
static void entry_words(char *text, size_t size, const json_t *entry)
{
	static const struct { const char *key, *label; } parts[] = {
		{ "place", N_("place") }, { "from", N_("from") }, { "to", N_("to") }, { "document", N_("document") },
		{ "received_by", N_("received by") }, { "returned_by", N_("brought by") },
		{ "condition", N_("condition") }, { "seal", N_("seal") }, { "damage", N_("damage") },
		{ "as", N_("as") }, { "file", N_("sheet") },
	};
	const json_t *data = json_object_get(entry, "data");
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(parts) && len < size; i++)
		if (*field_text(data, parts[i].key))
			len += (size_t)snprintf(text + len, size - len, "%s%s: %s", len ? "; " : "", _(parts[i].label),
						field_text(data, parts[i].key));
	if (field_integer(entry, "showing", 0) && len < size)
		snprintf(text + len, size - len, "%s%s %lld", len ? "; " : "", _("showing"),
			 (long long)field_integer(entry, "showing", 0));
}

/* One more part of a cell, when there is something to say. */
static void cell_line(char *cell, const char *label, const char *value)
{
	size_t len = strlen(cell);

	if (*value)
		snprintf(cell + len, CELL_BYTES - len, "%s%s%s%s", len ? "; " : "", label, *label ? ": " : "", value);
}

static void cell_time(char *cell, const json_t *object, const char *key)
{
	char utc[32];

	if (!field_integer(object, key, 0))
		return;
	clock_format_utc(utc, sizeof utc, field_integer(object, key, 0));
	utc[19] = '\0';	/* whole seconds, and a place to break the line */
	utc[10] = ' ';
	cell_line(cell, "", utc);
}

static void entry_cells(char (*cells)[CELL_BYTES], const json_t *entry)
{
	const char *second = field_text(entry, "second"), *action = field_text(entry, "action");

	cell_time(cells[0], entry, "utc_us");
	snprintf(cells[1], CELL_BYTES, "%s", words_action(action));
	snprintf(cells[2], CELL_BYTES, "%s%s%s", field_text(entry, "actor"), *second ? ", " : "", second);
	snprintf(cells[3], CELL_BYTES, "%s", field_text(entry, "reason"));
	entry_words(cells[4], CELL_BYTES, entry);
}

static int add_entries(struct paper *paper, const json_t *list, struct err *err)
{
	static const int widths[COLUMNS] = { 17, 15, 16, 20, 32 };
	const char *const titles[COLUMNS] = { _("Time (UTC)"), _("What"), _("Who"), _("Why"), _("Details") };
	size_t rows = json_array_size(list) + 1;
	CLEANUP(util_freep) char (*cells)[CELL_BYTES] = calloc(rows * COLUMNS, sizeof *cells);
	CLEANUP(util_freep) const char **texts = calloc(rows * COLUMNS, sizeof *texts);

	if (!cells || !texts)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < rows * COLUMNS; i++)
		texts[i] = i < COLUMNS ? titles[i] : cells[i];
	for (size_t i = 1; i < rows; i++)
		entry_cells(&cells[i * COLUMNS], json_array_get(list, i - 1));
	paper_table(paper, COLUMNS, widths, (int)rows, texts);
	return 0;
}

static void signature_lines(char *cell, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		char text[CELL_BYTES];

		if (field_is(item, "kind", "key"))
			snprintf(text, sizeof text, _("%s, with a personal key (certificate %.16s)"),
				 field_text(item, "name"), field_text(item, "certificate"));
		else
			snprintf(text, sizeof text, _("%s, by name"), field_text(item, "name"));
		cell_line(cell, field_is(item, "as", "holder") ? _("holder") : _("custodian"), text);
	}
}

static void retrieval_cells(char (*cells)[CELL_BYTES], const json_t *retrieval)
{
	bool back = field_integer(retrieval, "back_utc_us", 0) != 0;

	snprintf(cells[0], CELL_BYTES, "%lld: %s", (long long)field_integer(retrieval, "retrieval", 0),
		 words_retrieval(field_text(retrieval, "state")));
	cell_line(cells[1], _("asked for by"), field_text(retrieval, "requested_by"));
	cell_line(cells[1], _("approved by"), field_text(retrieval, "approved_by"));
	cell_line(cells[1], _("reason"), field_text(retrieval, "reason"));
	cell_line(cells[1], words_retrieval(field_text(retrieval, "state")), field_text(retrieval, "ended_by"));
	cell_line(cells[1], _("because"), field_text(retrieval, "ended_reason"));
	cell_time(cells[2], retrieval, "out_utc_us");
	cell_line(cells[2], _("by"), field_text(retrieval, "out_by"));
	cell_line(cells[2], _("and"), field_text(retrieval, "out_second"));
	cell_line(cells[2], _("condition"), field_text(retrieval, "condition_out"));
	cell_line(cells[2], _("seal"), field_text(retrieval, "seal_out"));
	cell_time(cells[3], retrieval, "back_utc_us");
	cell_line(cells[3], _("by"), field_text(retrieval, "back_by"));
	cell_line(cells[3], _("and"), field_text(retrieval, "back_second"));
	cell_line(cells[3], _("condition"), field_text(retrieval, "condition_in"));
	cell_line(cells[3], _("seal"), field_text(retrieval, "seal_in"));
	if (back)
		cell_line(cells[3], _("changed"), field_true(retrieval, "changed") ? field_text(retrieval, "damage")
									  : _("no change"));
	signature_lines(cells[4], json_object_get(retrieval, "signatures"));
}

/* Every retrieval with its details, the oldest first. */
static int fetch_retrievals(struct rpc_client *client, const json_t *list, char (*cells)[CELL_BYTES], struct err *err)
{
	size_t count = json_array_size(list);
	json_t *whole;

	for (size_t i = 0; i < count; i++) {
		const json_t *id = json_object_get(json_array_get(list, count - 1 - i), "retrieval");
		int rc = rpc_client_call(client, "retrieval.show", json_pack("{s:O}", "retrieval", id), ANSWER_MS, &whole,
					 NULL, err);

		if (rc < 0)
			return rc;
		retrieval_cells(&cells[i * COLUMNS], whole);
		json_decref(whole);
	}
	return 0;
}

static int add_retrievals(struct paper *paper, struct rpc_client *client, const json_t *list, struct err *err)
{
	static const int widths[COLUMNS] = { 12, 24, 24, 24, 16 };
	const char *const titles[COLUMNS] = { _("Retrieval"), _("Asked for"), _("Out"), _("Back"), _("Signed") };
	size_t rows = json_array_size(list) + 1;
	CLEANUP(util_freep) char (*cells)[CELL_BYTES] = calloc(rows * COLUMNS, sizeof *cells);
	CLEANUP(util_freep) const char **texts = calloc(rows * COLUMNS, sizeof *texts);
	int rc;

	if (!cells || !texts)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (rows == 1)
		return 0;
	rc = fetch_retrievals(client, list, cells + COLUMNS, err);
	for (size_t i = 0; i < rows * COLUMNS; i++)
		texts[i] = i < COLUMNS ? titles[i] : cells[i];
	paper_heading(paper, 2, _("Retrievals"));
	paper_table(paper, COLUMNS, widths, (int)rows, texts);
	return rc;
}

static int fill(struct paper *paper, struct rpc_client *client, const json_t *chain, struct err *err)
{
	const char *const signers[] = { _("Custodian"), _("Handling officer") };
	json_int_t left_out = field_integer(chain, "left_out", 0);
	char text[128];
	int rc;

	paper_one_page(paper);
	add_exhibit(paper, chain);
	paper_heading(paper, 2, _("Chain of custody"));
	if (left_out) {
		snprintf(text, sizeof text, _("%lld older entries are not on this page; the ledger has them."),
			 (long long)left_out);
		paper_text(paper, text);
	}
	rc = add_entries(paper, json_object_get(chain, "entries"), err);
	if (rc == 0)
		rc = add_retrievals(paper, client, json_object_get(chain, "retrievals"), err);
	paper_text(paper, _("Each line stands in the station's ledger under its time; `ostend-verify` checks a package of it."));
	paper_signatures(paper, ARRAY_LEN(signers), signers);
	return rc;
}

/* --- the file ------------------------------------------------------------------------------------ */

static const char *language(void)
{
	/* the catalogue itself says which language it speaks: LANG, LANGUAGE and LC_ALL have been weighed there */
	return strcmp(_("Chain of custody"), "Chain of custody") == 0 ? "en" : "zh_CN";
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len > tail && strcmp(text + len - tail, end) == 0;
}

static int write_out(struct paper *paper, const char *path, struct err *err)
{
	CLEANUP(util_freep) void *pdf = NULL;
	CLEANUP(util_freep) char *html = NULL;
	size_t len_bytes;
	int rc = ends_with(path, ".pdf") ? paper_pdf(paper, &pdf, &len_bytes, err)
					 : paper_html(paper, &html, &len_bytes, err);

	return rc < 0 ? rc : replace_file(path, pdf ? pdf : html, len_bytes, err);
}

static int make(struct rpc_client *client, const json_t *chain, const char *path, struct err *err)
{
	CLEANUP(paper_freep) struct paper *paper = NULL;
	int rc;

	if (!ends_with(path, ".pdf") && !ends_with(path, ".html"))
		return err_set(err, ERR_RANGE, _("--out: the name must end in .html or .pdf"));
	rc = paper_new(&paper, language(), _("Chain of custody of an exhibit"), (uint64_t)clock_utc_us(), err);
	if (rc == 0)
		rc = fill(paper, client, chain, err);
	return rc < 0 ? rc : write_out(paper, path, err);
}

int chain_run(const struct reach *reach, const json_t *params, bool json)
{
	CLEANUP(rpc_client_freep) struct rpc_client *client = NULL;
	const char *path = field_text(params, "out");
	json_t *chain = NULL;
	char text[512];
	struct err err = { 0 };
	int rc = reach_connect(&client, reach->control, CONNECT_MS, &err);

	if (rc == 0)
		rc = rpc_client_call(client, "exhibit.chain", json_pack("{s:s}", "code", field_text(params, "code")),
				     ANSWER_MS, &chain, NULL, &err);
	if (rc == 0 && *path)
		rc = make(client, chain, path, &err);
	if (rc == 0 && json)
		rc = print_json(stdout, chain, &err);
	else if (rc == 0 && !*path)
		print_chain(stdout, chain);
	json_decref(chain);
	if (rc < 0) {
		snprintf(text, sizeof text, "ostend: %s", err.text);
		print_sentence(stderr, text);
		return EXIT_REFUSED;
	}
	return EXIT_DONE;
}
