/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A package of a showing that went through the real functions of the store, checked with tools that are not ours:
 * openssl, sha256sum, xmllint, pdftotext.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <turbojpeg.h>
#include <unistd.h>

#include "certs/authority.h"
#include "certs/layout.h"
#include "certs/trust.h"
#include "station/evidence/package.h"
#include "station/evidence/package_out.h"
#include "station/evidence/recording_store.h"
#include "station/evidence/retrieval.h"
#include "station/evidence/showing_store.h"
#include "station/evidence/still.h"
#include "tests/unit/temp_folder.h"

#define KILLS 12
#define KILL_STEP_US 40000
#define NOW_US UINT64_C(1796000000000000)
#define CASE "(2026)浙0108刑初123号"
#define OTHER_CASE "(2026)CANARY-124"

struct fixture {
	char *folder, *state;		/* state: STATE, in it */
	char evidence[512], out[512];
	struct store *store;
	struct exhibit knife, bottle;	/* the bottle is of another case */
	int64_t retrieval;
	struct showing showing;
	uint64_t now_us, signed_size;
	EVP_PKEY *checkpoint_key, *log_key;
};

static void must(int rc, const struct err *err)
{
	if (rc < 0)
		fail_msg("%s", err->text);
}

static struct act act_of(struct fixture *fixture, const char *actor, const char *second, const char *reason)
{
	struct act act = { .utc_us = fixture->now_us += 1000000, .showing = fixture->showing.id, .pose_known = true,
			   .pose = { .link = POSE_LINK_UP, .reference = POSE_REF_HOMED, .source = POSE_SRC_COUNTED,
				     .reported_mdeg = 90000 } };

	snprintf(act.actor, sizeof act.actor, "%s", actor);
	snprintf(act.role, sizeof act.role, "operator");
	snprintf(act.second, sizeof act.second, "%s", second);
	snprintf(act.reason, sizeof act.reason, "%s", reason);
	snprintf(act.case_no, sizeof act.case_no, "%s", fixture->showing.id ? CASE : "");
	return act;
}

/* --- what happened ------------------------------------------------------------------------------- */

static void add_exhibit(struct fixture *fixture, const char *case_no, const char *name, struct exhibit *out)
{
	struct act act = act_of(fixture, "陈 Chen", "", "");
	struct case_values in_case = { 0 };
	struct exhibit_values values = { 0 };
	struct case_file file;
	struct err err;

	snprintf(in_case.case_no, sizeof in_case.case_no, "%s", case_no);
	must(case_add(fixture->store, &act, &in_case, &file, &err), &err);
	snprintf(values.exhibit_no, sizeof values.exhibit_no, "物证1");
	snprintf(values.name, sizeof values.name, "%s", name);
	snprintf(values.holder, sizeof values.holder, "王某某 <b>&\"");
	snprintf(values.seal_no, sizeof values.seal_no, "F-001");
	snprintf(values.place, sizeof values.place, "A-3-12");
	must(exhibit_add(fixture->store, &act, &file, &values, out, &err), &err);
}

static int64_t keep_still(struct fixture *fixture, int64_t retrieval, int shade)
{
	struct act act = act_of(fixture, "陈 Chen", "Du", "overall");
	struct still_shot shot = { .width = 640, .height = 360, .format = "image/jpeg", .made_by = "camera",
				   .camera = "simulated camera", .captured_utc_us = fixture->now_us,
				   .retrieval = retrieval };
	unsigned char *rgb = malloc(640 * 360 * 3), *jpeg = NULL;
	unsigned long len;
	tjhandle handle = tjInitCompress();
	struct err err;
	int64_t id;

	for (int i = 0; i < 640 * 360 * 3; i++)
		rgb[i] = (unsigned char)(i / 640 / 3 + shade);
	tjCompress2(handle, rgb, 640, 0, 360, TJPF_RGB, &jpeg, &len, TJSAMP_420, 80, 0);
	shot.bytes = jpeg;
	shot.len_bytes = len;
	shot.settings = json_pack("{s:i}", "exposure", 100);
	snprintf(shot.view, sizeof shot.view, "overall");
	must(still_keep(fixture->store, &act, fixture->evidence, &shot, &id, &err), &err);
	json_decref(shot.settings);
	tjFree(jpeg);
	tjDestroy(handle);
	free(rgb);
	return id;
}

/* The ledger as it stands is signed, as the signer would, and kept. */
static void sign_checkpoint(struct fixture *fixture)
{
	struct checkpoint_draft draft;
	struct checkpoint_kept kept = { 0 };
	struct note_key key;
	uint8_t public_key[32], signature[64];
	size_t len = sizeof public_key;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	char line[512];
	struct err err;

	must(checkpoint_draft(fixture->store, "station.example/log", fixture->signed_size, &draft, &err), &err);
	EVP_PKEY_get_raw_public_key(fixture->checkpoint_key, public_key, &len);
	must(note_key_make(&key, "station.example/log", NOTE_ED25519, public_key, &err), &err);
	len = sizeof signature;
	assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, fixture->checkpoint_key), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &len, (const unsigned char *)draft.text, strlen(draft.text)), 1);
	EVP_MD_CTX_free(context);
	must(note_print_signature(&key, signature, line, sizeof line, &err), &err);
	snprintf(kept.note, sizeof kept.note, "%s\n%s", draft.text, line);
	kept.checkpoint = draft.checkpoint;
	kept.utc_us = fixture->now_us;
	must(checkpoint_keep(fixture->store, fixture->evidence, &kept, &err), &err);
	fixture->signed_size = draft.checkpoint.size;
}

static void retrieve(struct fixture *fixture)
{
	struct act asked = act_of(fixture, "王警官 Wang", "", "shown in court"), approved = act_of(fixture, "Li", "", "");
	struct act out = act_of(fixture, "陈 Chen", "Du", "");
	struct retrieval_request wish = { .code = fixture->knife.code, .case_no = CASE, .exhibit_no = "物证1",
					  .exhibit_name = "菜刀", .purpose = "challenge",
					  .due_utc_us = NOW_US + UINT64_C(86400000000) };
	struct retrieval_condition found = { .condition = "clean, tip bent", .seal = "F-001", .other = "Wang",
					     .still_count = 1, .damage = "" };
	int64_t still;
	struct err err;

	must(retrieval_request(fixture->store, &asked, &wish, &fixture->retrieval, &err), &err);
	must(retrieval_approve(fixture->store, &approved, fixture->retrieval, &err), &err);
	still = keep_still(fixture, fixture->retrieval, 3);
	found.stills = &still;
	must(retrieval_out(fixture->store, &out, fixture->retrieval, &found, &err), &err);
}

static void change(struct fixture *fixture, enum showing_state state, enum pause_reason pause)
{
	struct act act = act_of(fixture, "陈 Chen", "Du", pause ? "the judge asks for a break" : "");
	struct err err;

	fixture->showing.state = state;
	fixture->showing.pause = pause;
	must(showing_store_change(fixture->store, &act, &fixture->showing, NULL, &err), &err);
}

static void open_showing(struct fixture *fixture)
{
	struct act act = act_of(fixture, "陈 Chen", "Du", "hearing of the first instance");
	json_t *codes = json_pack("[s]", fixture->knife.code);
	struct exhibit staged;
	struct err err;

	must(showing_store_open(fixture->store, &act, PURPOSE_CHALLENGE, "", codes, &fixture->showing, &err), &err);
	json_decref(codes);
	act = act_of(fixture, "陈 Chen", "Du", "");
	must(showing_store_stage(fixture->store, &act, fixture->showing.id, fixture->knife.code, true, &staged, &err),
	     &err);
	sign_checkpoint(fixture);
	change(fixture, SHOWING_ON_AIR, PAUSE_NONE);
}

static void note(struct fixture *fixture, const char *actor, const char *role, enum ledger_action action, json_t *data)
{
	struct act act = act_of(fixture, actor, "", "");
	struct err err;

	snprintf(act.role, sizeof act.role, "%s", role);
	must(ledger_append(fixture->store, &act, action, NULL, NULL, data, NULL, &err), &err);
}

/* What one would find in any courtroom, and something of another case in the middle of it. */
static void show(struct fixture *fixture)
{
	struct act other = act_of(fixture, "陈 Chen", "", "CANARY reason");
	struct err err;

	note(fixture, "张法官", "judge", LEDGER_SEAT_JOINED, json_pack("{s:i, s:s}", "seat", 1, "peer", "10.0.0.7:443"));
	keep_still(fixture, 0, 0);
	must(ledger_append(fixture->store, &other, LEDGER_EXHIBIT_CHANGED, OTHER_CASE, "物证1",
			   json_pack("{s:s}", "name", "CANARY"), NULL, &err), &err);
	other = act_of(fixture, "陈 Chen", "", "");
	must(showing_store_refuse_scan(fixture->store, &other, fixture->bottle.code, "E-1 (物证1, CANARY bottle) is not on the list",
				       &err), &err);
	note(fixture, "the station", "station", LEDGER_TABLE_EVENT,
	     json_pack("{s:s, s:s, s:s}", "kind", "command", "outcome", "done", "text", "turned to 90.0°"));
	note(fixture, "the station", "station", LEDGER_TABLE_EVENT,
	     json_pack("{s:s, s:s}", "kind", "fault", "text", "the line was silent"));
	change(fixture, SHOWING_HOLD, PAUSE_RECESS);
	change(fixture, SHOWING_ON_AIR, PAUSE_NONE);
	note(fixture, "张法官", "judge", LEDGER_SEAT_LEFT, json_pack("{s:i, s:s}", "seat", 1, "peer", "10.0.0.7:443"));
}

static void record(struct fixture *fixture)
{
	struct recorder_event event = { .kind = RECORDER_BEGUN, .showing = fixture->showing.id, .number = 1,
					.begun_utc_us = fixture->now_us, .frames = 300 };
	struct act act = act_of(fixture, "the station", "", "");
	char path[1024], *bytes = calloc(1, 3000000);
	struct err err;
	FILE *file;

	snprintf(event.file, sizeof event.file, "media/%lld/recording-001.mp4", (long long)fixture->showing.id);
	snprintf(path, sizeof path, "%s/%s", fixture->evidence, event.file);
	memset(bytes, 'r', 3000000);
	file = fopen(path, "w");
	assert_int_equal(fwrite(bytes, 1, 3000000, file), 3000000);
	fclose(file);
	must(recording_take(fixture->store, &act, &event, &err), &err);
	event.kind = RECORDER_ENDED;
	event.bytes = 3000000;
	event.ended_utc_us = fixture->now_us;
	EVP_Digest(bytes, 3000000, event.sha256, NULL, EVP_sha256(), NULL);
	must(recording_take(fixture->store, &act, &event, &err), &err);
	free(bytes);
}

static void close_showing(struct fixture *fixture)
{
	struct act act = act_of(fixture, "陈 Chen", "Du", "");
	struct err err;

	must(showing_store_close(fixture->store, &act, fixture->showing.id, &err), &err);
	sign_checkpoint(fixture);
	must(showing_store_seal(fixture->store, fixture->showing.id, &err), &err);
	fixture->showing.id = 0;
	note(fixture, "the station", "station", LEDGER_STATION_STOPPED, NULL);
	sign_checkpoint(fixture);
}

static EVP_PKEY *read_key(struct fixture *fixture, const char *name)
{
	char *path = layout_path(fixture->state, name);
	EVP_PKEY *key;
	struct err err;

	must(trust_read_key(&key, path, &err), &err);
	free(path);
	return key;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct authority *authority;
	struct err err;

	fixture->folder = temp_folder_new();
	assert_true(asprintf(&fixture->state, "%s/state", fixture->folder) > 0);
	mkdir(fixture->state, 0700);
	fixture->now_us = NOW_US;
	snprintf(fixture->evidence, sizeof fixture->evidence, "%s/evidence", fixture->state);
	snprintf(fixture->out, sizeof fixture->out, "%s/package", fixture->folder);
	mkdir(fixture->evidence, 0700);
	must(authority_open(&authority, fixture->state, &err), &err);
	must(authority_init(authority, "Centre", &err), &err);
	authority_free(authority);
	fixture->checkpoint_key = read_key(fixture, LAYOUT_CHECKPOINT_KEY);
	fixture->log_key = read_key(fixture, LAYOUT_LOG_KEY);
	must(store_open(&fixture->store, fixture->evidence, &err), &err);
	must(ledger_set_station(fixture->store, "station-1", &err), &err);
	add_exhibit(fixture, CASE, "菜刀 knife", &fixture->knife);
	add_exhibit(fixture, OTHER_CASE, "CANARY bottle", &fixture->bottle);
	retrieve(fixture);
	open_showing(fixture);
	show(fixture);
	record(fixture);
	*state = fixture;
	return 0;
}

static int set_up_closed(void **state)
{
	set_up(state);
	close_showing(*state);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	EVP_PKEY_free(fixture->checkpoint_key);
	EVP_PKEY_free(fixture->log_key);
	store_free(fixture->store);
	temp_folder_free(fixture->folder);
	free(fixture->state);
	free(fixture);
	return 0;
}

/* --- packages ------------------------------------------------------------------------------------ */

static size_t sign_digest(EVP_PKEY *key, const uint8_t digest[32], uint8_t der[80])
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	size_t len = 80;

	assert_int_equal(EVP_PKEY_sign_init(context), 1);
	assert_int_equal(EVP_PKEY_sign(context, der, &len, digest, 32), 1);
	EVP_PKEY_CTX_free(context);
	return len;
}

static struct package_order order_of(struct fixture *fixture)
{
	return (struct package_order){ .out = fixture->out, .state_path = fixture->state, .made_by = "陈 Chen",
				       .second = "Du", .made_utc_us = fixture->now_us + 5000000 };
}

static int make(struct fixture *fixture, const struct package_order *order, struct package_summary *summary,
		struct err *err)
{
	CLEANUP(dossier_freep) struct dossier *dossier = NULL;
	CLEANUP(package_freep) struct package *package = NULL;
	uint8_t digest[32], der[80];
	int rc = dossier_load(&dossier, fixture->store, 1, err);

	if (rc == 0)
		rc = package_write(&package, dossier, order, digest, err);
	if (rc == 0)
		rc = package_finish(package, der, sign_digest(fixture->log_key, digest, der), summary, err);
	return rc;
}

/* Run in the package's folder; what it says. */
static char *run(struct fixture *fixture, const char *command, int *status)
{
	char line[2048], *answer = calloc(1, 1 << 20);
	FILE *pipe;

	snprintf(line, sizeof line, "cd %s && { %s; } 2>&1", fixture->out, command);
	pipe = popen(line, "r");
	answer[fread(answer, 1, (1 << 20) - 1, pipe)] = '\0';
	*status = pclose(pipe);
	return answer;
}

static void assert_runs(struct fixture *fixture, const char *command)
{
	int status;
	char *answer = run(fixture, command, &status);

	if (status != 0)
		fail_msg("%s: %s", command, answer);
	free(answer);
}

static void assert_says(struct fixture *fixture, const char *command, const char *what)
{
	int status;
	char *answer = run(fixture, command, &status);

	if (status != 0 || !strstr(answer, what))
		fail_msg("%s: status %d, and does not say \"%s\": %.2000s", command, status, what, answer);
	free(answer);
}

#define VERIFY "openssl cms -verify -binary -inform DER -in manifest.p7s -content manifest.json "                 \
	       "-CAfile certificates/root.pem -purpose any -out /dev/null"

static void test_package_is_what_stock_tools_say_it_is(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	struct err err;

	must(make(fixture, &order, &summary, &err), &err);
	assert_true(summary.complete);
	assert_int_equal(summary.problems, 0);
	assert_runs(fixture, VERIFY " -attime $(date -d '2026-12-01' +%s)");
	assert_runs(fixture, "sha256sum -c --strict --quiet SHA256SUMS");
	/* every file is in the sums, but the three that cannot be */
	assert_runs(fixture, "test \"$(find . -type f | wc -l)\" = \"$(($(wc -l < SHA256SUMS) + 3))\"");
	assert_runs(fixture, "test -z \"$(find . -type l)\" && test \"$(stat -c %a .)\" = 700");
	assert_runs(fixture, "for f in minutes.*.html; do xmllint --noout --nonet $f || exit 1; done");
	assert_says(fixture, "pdftotext minutes.en.pdf -", "Closing fingerprint");
	assert_says(fixture, "pdftotext minutes.zh_CN.pdf -", "菜刀");
	assert_runs(fixture, "cmp recordings/recording-001.mp4 ../state/evidence/media/1/recording-001.mp4");
	assert_runs(fixture, "ls stills/0002.jpg stills/0002.json retrieval/0001.jpg log/closing-checkpoint");
}

static void test_package_signature_has_the_structure_of_the_document(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	struct err err;

	must(make(fixture, &order, &summary, &err), &err);
	assert_says(fixture, "openssl asn1parse -inform DER -in manifest.p7s | grep -c 'OBJECT.*:\\(contentType\\|"
		    "signingTime\\|messageDigest\\|id-smime-aa-signingCertificateV2\\)'", "4\n");
	assert_says(fixture, "openssl cms -cmsout -print -noout -inform DER -in manifest.p7s | "
		    "awk '/digestAlgorithms/{getline; print} /algorithm: ecdsa/{getline; print}'",
		    "algorithm: sha256");
	assert_says(fixture, "openssl cms -cmsout -print -noout -inform DER -in manifest.p7s | grep -A1 'algorithm: "
		    "\\(sha256\\|ecdsa-with-SHA256\\)' | grep -c 'parameter: <ABSENT>'", "\n");
	assert_says(fixture, "openssl asn1parse -inform DER -in manifest.p7s | grep -c ':id-smime-aa-signingCertificateV2'",
		    "1\n");
	assert_runs(fixture, "openssl cms -verify -cades -binary -inform DER -in manifest.p7s -content manifest.json "
		    "-CAfile certificates/root.pem -purpose any -out /dev/null -attime $(date -d 2026-12-01 +%s)");
	/* one byte of the manifest, and it is not signed any more */
	assert_runs(fixture, "sed -i 's/station-1/station-2/' manifest.json; ! " VERIFY " -attime "
		    "$(date -d 2026-12-01 +%s)");
}

static json_t *load(struct fixture *fixture, const char *name)
{
	char path[1024];
	json_error_t error;
	json_t *json;

	snprintf(path, sizeof path, "%s/%s", fixture->out, name);
	json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s: %s", name, error.text);
	return json;
}

static void check_note(struct fixture *fixture, const char *name, const struct note_key *key,
		       struct checkpoint *checkpoint)
{
	char path[1024], bytes[NOTE_MAX];
	struct note signed_note;
	struct err err;
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", fixture->out, name);
	file = fopen(path, "r");
	must(note_read(&signed_note, bytes, fread(bytes, 1, sizeof bytes, file), &err), &err);
	must(note_verify(&signed_note, key, NULL, &err), &err);
	must(checkpoint_read(checkpoint, &signed_note, &err), &err);
	fclose(file);
}

static void check_growth(json_t *consistency, size_t i, const struct checkpoint *old, const struct checkpoint *next)
{
	struct tlog_proof proof;
	struct err err;

	must(ledger_proof_read(&proof, json_object_get(json_array_get(consistency, i), "hashes"), &err), &err);
	assert_true(tlog_check_consistency(&proof, old->size, &old->root, next->size, &next->root));
}

static void test_package_proves_its_entries(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	struct checkpoint newest, opening, closing;
	json_t *manifest, *proofs, *consistency;
	char path[1024], line[70000];
	struct note_key key;
	size_t count = 0;
	struct err err;
	FILE *entries;

	must(make(fixture, &order, &summary, &err), &err);
	manifest = load(fixture, "manifest.json");
	proofs = load(fixture, "log/proofs.json");
	consistency = load(fixture, "log/consistency.json");
	must(note_key_read(&key, json_string_value(json_object_get(json_object_get(manifest, "log"), "key")), &err), &err);
	check_note(fixture, "log/checkpoint", &key, &newest);
	check_note(fixture, "log/opening-checkpoint", &key, &opening);
	check_note(fixture, "log/closing-checkpoint", &key, &closing);
	check_growth(consistency, 0, &opening, &closing);
	check_growth(consistency, 1, &closing, &newest);
	snprintf(path, sizeof path, "%s/log/entries.jsonl", fixture->out);
	entries = fopen(path, "r");
	while (fgets(line, sizeof line, entries)) {
		json_t *of = json_array_get(proofs, count++);
		struct tlog_hash leaf = tlog_leaf(line, strlen(line) - 1);
		struct tlog_proof proof;

		must(ledger_proof_read(&proof, json_object_get(of, "hashes"), &err), &err);
		assert_true(tlog_check_inclusion(&proof, &leaf, (uint64_t)json_integer_value(json_object_get(of, "seq")),
						 newest.size, &newest.root));
	}
	fclose(entries);
	assert_int_equal(count, json_array_size(proofs));
	assert_true(count > 15);
	json_decref(manifest);
	json_decref(proofs);
	json_decref(consistency);
}

static void test_package_tells_nothing_of_another_case(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	struct err err;

	must(make(fixture, &order, &summary, &err), &err);
	assert_runs(fixture, "! grep -r CANARY .");
	assert_runs(fixture, "grep -q 'of another case, and not on the list' log/entries.jsonl");
	assert_runs(fixture, "! pdftotext minutes.en.pdf - | grep CANARY");
}

static void test_package_is_not_made_of_an_open_showing(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	struct err err;

	sign_checkpoint(fixture);
	assert_int_equal(make(fixture, &order, &summary, &err), ERR_STATE);
	assert_non_null(strstr(err.text, "not closed"));
	order.so_far = true;
	must(make(fixture, &order, &summary, &err), &err);
	assert_false(summary.complete);
	assert_says(fixture, "cat manifest.json", "\"complete\": false");
	assert_says(fixture, "cat manifest.json", "\"closed_entry\": null");
	assert_says(fixture, "pdftotext minutes.en.pdf - | tr '\\n' ' '", "was made while showing 1 was still open");
	assert_runs(fixture, "! test -e log/closing-checkpoint");
}

static void break_still(struct fixture *fixture, const char *command)
{
	char line[1024];

	snprintf(line, sizeof line, "cd %s/media/1/stills && %s", fixture->evidence, command);
	assert_int_equal(system(line), 0);
}

static void test_package_names_a_file_that_was_changed(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	struct stat info;
	struct err err;

	break_still(fixture, "chmod 600 0002.jpg && printf X >> 0002.jpg");
	assert_int_equal(make(fixture, &order, &summary, &err), ERR_TAMPER);
	assert_non_null(strstr(err.text, "media/1/stills/0002.jpg"));
	assert_int_equal(stat(fixture->out, &info), -1);
	order.force = true;
	must(make(fixture, &order, &summary, &err), &err);
	assert_int_equal(summary.problems, 1);
	assert_false(summary.complete);
	assert_says(fixture, "cat manifest.json", "\"problem\": \"media/1/stills/0002.jpg is not the file that entry");
	assert_runs(fixture, "sha256sum -c --strict --quiet SHA256SUMS");
}

static void test_package_names_a_file_that_is_gone(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	struct err err;

	break_still(fixture, "mv 0002.jpg elsewhere && ln -s elsewhere 0002.jpg");
	assert_int_equal(make(fixture, &order, &summary, &err), ERR_TAMPER);
	assert_non_null(strstr(err.text, "is not there any more"));
	order.force = true;
	must(make(fixture, &order, &summary, &err), &err);
	assert_runs(fixture, "! test -e stills/0002.jpg && sha256sum -c --strict --quiet SHA256SUMS");
}

static void test_package_overwrites_nothing_and_leaves_nothing_behind(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	char fresh[1024];
	struct stat info;
	struct err err;

	assert_int_equal(symlink("/etc", fixture->out), 0);
	assert_int_equal(make(fixture, &order, &summary, &err), ERR_STATE);
	unlink(fixture->out);
	order.out = "relative/path";
	assert_int_equal(make(fixture, &order, &summary, &err), ERR_RANGE);
	order.out = "/nowhere/at/all";
	assert_int_equal(make(fixture, &order, &summary, &err), ERR_OS);
	order.out = fixture->out;
	snprintf(fresh, sizeof fresh, "%s.new", fixture->out);
	assert_int_equal(symlink("/etc", fresh), 0);
	assert_int_equal(make(fixture, &order, &summary, &err), ERR_STATE);
	unlink(fresh);
	break_still(fixture, "rm -f 0002.jpg");
	assert_int_equal(make(fixture, &order, &summary, &err), ERR_TAMPER);
	assert_int_equal(lstat(fresh, &info), -1);
	assert_int_equal(lstat(fixture->out, &info), -1);
}

static void test_package_as_a_zip_has_the_same_files(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary, again;
	char zip[600];
	struct err err;

	must(make(fixture, &order, &summary, &err), &err);
	snprintf(zip, sizeof zip, "%s.zip", fixture->out);
	order.out = zip;
	must(make(fixture, &order, &again, &err), &err);
	assert_int_equal(again.files, summary.files);
	assert_int_equal(again.bytes, summary.bytes);
	assert_runs(fixture, "test $(stat -c %a ../package.zip) = 600 && unzip -tqq ../package.zip");
	assert_runs(fixture, "mkdir ../u && cd ../u && unzip -qq ../package.zip && diff -r package ../package "
		    "-x manifest.p7s -x 'minutes.*.pdf' -x manifest.json -x SHA256SUMS");
	assert_runs(fixture, "cd ../u/package && sha256sum -c --strict --quiet SHA256SUMS && " VERIFY
		    " -attime $(date -d '2026-12-01' +%s)");
	assert_int_equal(make(fixture, &order, &again, &err), ERR_STATE);
	assert_non_null(strstr(err.text, "is there already"));
	assert_runs(fixture, "! ls ../*.new");
}

static void assert_refused(struct fixture *fixture, const char *out, int rc, const char *words)
{
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	struct err err;

	order.out = out;
	assert_int_equal(make(fixture, &order, &summary, &err), rc);
	if (!strstr(err.text, words))
		fail_msg("%s: %s", out, err.text);
}

static void test_package_is_not_made_where_it_does_not_belong(void **state)
{
	struct fixture *fixture = *state;
	struct package_out *none;
	char path[700], link[700];
	struct err err;

	snprintf(path, sizeof path, "%s/package.zip", fixture->evidence);
	assert_refused(fixture, path, ERR_RANGE, "the station's state folder");
	snprintf(link, sizeof link, "%s/link", fixture->folder);
	assert_int_equal(symlink(fixture->state, link), 0);
	snprintf(path, sizeof path, "%s/link/../state/./package", fixture->folder);
	assert_refused(fixture, path, ERR_RANGE, "the station's state folder");
	assert_refused(fixture, "package", ERR_RANGE, "must be absolute");
	snprintf(path, sizeof path, "%s/state-2", fixture->folder);	/* beside it, with a name that begins so */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(fixture, path, ERR_STATE, "is there already: nothing is overwritten");
	snprintf(path, sizeof path, "%s/no/package", fixture->folder);
	assert_refused(fixture, path, ERR_OS, "the folder in which");
	snprintf(path, sizeof path, "%s/a\x01" "b.zip", fixture->folder);
	assert_refused(fixture, path, ERR_RANGE, "UTF-8");
	assert_int_equal(package_out_open(&none, fixture->out, UINT64_C(1) << 60, 0, &err), ERR_FULL);
	assert_non_null(strstr(err.text, "MB on the disk of"));
}

static void test_package_says_when_the_station_may_not_write_there(void **state)
{
	struct fixture *fixture = *state;
	struct package_out *none;
	char path[700];
	struct err err;

	if (geteuid() != 0)
		snprintf(path, sizeof path, "/package");
	else
		snprintf(path, sizeof path, "%s/package", fixture->folder);
	if (geteuid() == 0)
		assert_int_equal(chmod(fixture->folder, 0711) | seteuid(65534), 0);
	assert_int_equal(package_out_open(&none, path, 0, 0, &err), ERR_OS);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_non_null(strstr(err.text, "the station may not write"));
	assert_non_null(strstr(err.text, "ostendd(8)"));
}

/* In the folder in which the package is to be. */
static void assert_shell(struct fixture *fixture, const char *command)
{
	char line[1024];

	snprintf(line, sizeof line, "cd %s && { %s; }", fixture->folder, command);
	assert_int_equal(system(line), 0);
}

/* In a process of its own, which is killed after @after_us, or has ended by itself. */
static void make_and_kill(struct fixture *fixture, const struct package_order *order, unsigned after_us)
{
	CLEANUP(dossier_freep) struct dossier *dossier = NULL;
	struct timespec after = { .tv_nsec = (long)after_us * 1000 };
	struct package_summary summary;
	uint8_t digest[32], der[80];
	struct package *package;
	struct err err;
	pid_t child;

	must(dossier_load(&dossier, fixture->store, 1, &err), &err);
	child = fork();
	if (child == 0) {
		if (package_write(&package, dossier, order, digest, &err) == 0)
			package_finish(package, der, sign_digest(fixture->log_key, digest, der), &summary, &err);
		_exit(0);
	}
	nanosleep(&after, NULL);	/* any moment will do */
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_package_that_was_killed_is_not_there_or_whole(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	unsigned left = 0;
	struct stat info;
	char zip[600];
	struct err err;

	snprintf(zip, sizeof zip, "%s.zip", fixture->out);
	for (unsigned i = 0; i < KILLS; i++) {
		order.out = i & 1 ? zip : fixture->out;
		make_and_kill(fixture, &order, i * KILL_STEP_US);
		if (lstat(order.out, &info) == 0) {
			assert_shell(fixture, i & 1 ? "unzip -tqq package.zip" : "cd package && test -s manifest.p7s && "
				     "sha256sum -c --strict --quiet SHA256SUMS");
			assert_shell(fixture, "rm -rf package package.zip");
			continue;
		}
		if (make(fixture, &order, &summary, &err) == 0) {	/* it had not begun */
			assert_shell(fixture, "rm -rf package package.zip");
			continue;
		}
		left++;
		assert_non_null(strstr(err.text, ".new is left of an attempt that failed"));
		assert_shell(fixture, "rm -r *.new");
	}
	assert_true(left > 0);
}

static void test_package_refuses_a_signature_by_another_key(void **state)
{
	struct fixture *fixture = *state;
	struct package_order order = order_of(fixture);
	struct package_summary summary;
	EVP_PKEY *right = fixture->log_key;
	struct stat info;
	struct err err;

	fixture->log_key = read_key(fixture, LAYOUT_MEDIA_KEY);
	assert_int_equal(make(fixture, &order, &summary, &err), ERR_TAMPER);
	assert_non_null(strstr(err.text, "does not verify"));
	assert_int_equal(lstat(fixture->out, &info), -1);
	EVP_PKEY_free(fixture->log_key);
	fixture->log_key = right;
}

static void test_package_of_a_showing_that_is_none_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct dossier *dossier = NULL;
	struct err err;

	assert_int_equal(dossier_load(&dossier, fixture->store, 77, &err), ERR_RANGE);
	assert_null(dossier);
}

/* For looking at it, and for the verifier's tests: test-package FOLDER makes one there. */
static int write_sample(const char *path)
{
	struct package_summary summary;
	struct package_order order;
	struct fixture *fixture;
	void *state;
	struct err err;

	set_up_closed(&state);
	fixture = state;
	order = order_of(fixture);
	order.out = path;
	if (make(fixture, &order, &summary, &err) < 0)
		fprintf(stderr, "%s\n", err.text);
	tear_down(&state);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define CLOSED(test) cmocka_unit_test_setup_teardown(test, set_up_closed, tear_down)
		CLOSED(test_package_is_what_stock_tools_say_it_is),
		CLOSED(test_package_signature_has_the_structure_of_the_document),
		CLOSED(test_package_proves_its_entries),
		CLOSED(test_package_tells_nothing_of_another_case),
		cmocka_unit_test_setup_teardown(test_package_is_not_made_of_an_open_showing, set_up, tear_down),
		CLOSED(test_package_names_a_file_that_was_changed),
		CLOSED(test_package_names_a_file_that_is_gone),
		CLOSED(test_package_overwrites_nothing_and_leaves_nothing_behind),
		CLOSED(test_package_as_a_zip_has_the_same_files),
		CLOSED(test_package_is_not_made_where_it_does_not_belong),
		CLOSED(test_package_says_when_the_station_may_not_write_there),
		CLOSED(test_package_that_was_killed_is_not_there_or_whole),
		CLOSED(test_package_refuses_a_signature_by_another_key),
		CLOSED(test_package_of_a_showing_that_is_none_is_refused),
	};

	if (argc == 2)
		return write_sample(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
