/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packages.c - one package at a time, in five steps, each of which begins the next when it has ended:
 *
 *	evidence: the dossier -> worker: files -> signer: the signature -> worker: the name -> evidence: the entry
 *
 * Gigabytes are copied on a thread of its own, so that ledger, table and rooms do not wait for them.
 */
#include "station/packages.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/base/rpc.h"
#include "station/checkpoints.h"
#include "station/deliveries.h"
#include "station/evidence/package.h"
#include "station/signature.h"
#include "station/station.h"

#define SIGNATURE_MAX 160
#define WORKER_NICE 10
#define COPIES_NS (20 * NS_PER_S)
#define SIGNED_NS (10 * NS_PER_S)
#define SIGN_TIMEOUT_MS 5000

struct packages {
	struct station *station;
	struct loop_watch worked;	/* the worker's eventfd */
	pthread_t thread;
	bool busy, running, ending;	/* running: the worker has what is below */
	atomic_bool given_up;
	atomic_ullong done_bytes, all_bytes;
	uint64_t told_bytes;
	uint64_t wait_until_ns;		/* for the record; 0: not */
	uint64_t wait_entries;		/* it must be signed that far; 0: still for delivery copies */

	struct rpc_ticket ticket;	/* from here on of the one that is being made */
	struct act act;
	struct package_order order;
	json_t *params;
	int64_t showing;
	struct dossier *dossier;
	struct package *package;
	uint8_t digest[SIGNATURE_DIGEST_BYTES], der[SIGNATURE_MAX];
	size_t der_bytes;
	struct package_summary summary;
	int rc;
	struct err err;
};

static void end(struct packages *packages, const struct err *err, json_t *result)
{
	if (err)
		rpc_server_refuse(packages->station->control, packages->ticket, RPC_REFUSED, err);
	else
		rpc_server_answer(packages->station->control, packages->ticket, result);
	packages->package = package_free(packages->package);
	packages->dossier = dossier_free(packages->dossier);
	json_decref(packages->params);
	packages->params = NULL;
	packages->busy = false;
}

/* --- the worker ---------------------------------------------------------------------------------- */

static bool progress(void *owner, uint64_t done_bytes, uint64_t all_bytes)
{
	struct packages *packages = owner;

	atomic_store(&packages->done_bytes, done_bytes);
	atomic_store(&packages->all_bytes, all_bytes);
	return !atomic_load(&packages->given_up);
}

static void *work(void *arg)
{
	struct packages *packages = arg;
	uint64_t one = 1;

	/* who is being shown something comes first */
	setpriority(PRIO_PROCESS, (id_t)gettid(), WORKER_NICE);
	if (!packages->package)
		packages->rc = package_write(&packages->package, packages->dossier, &packages->order, packages->digest,
					     &packages->err);
	else
		packages->rc = package_finish(packages->package, packages->der, packages->der_bytes, &packages->summary,
					      &packages->err);
	if (write(packages->worked.fd, &one, sizeof one) != sizeof one)
		log_error("package: the worker cannot say that it has ended");
	return NULL;
}

static void start_worker(struct packages *packages)
{
	if (pthread_create(&packages->thread, NULL, work, packages) != 0) {
		err_set(&packages->err, ERR_OS, _("package: no thread can be had for it"));
		end(packages, &packages->err, NULL);
		return;
	}
	packages->running = true;
}

/* --- fifth: the entry ---------------------------------------------------------------------------- */

static json_t *result_of(const struct packages *packages)
{
	const struct package_summary *summary = &packages->summary;

	return json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:b}", "showing", (json_int_t)packages->showing, "out",
			 packages->order.out, "manifest_sha256", summary->manifest_sha256, "files",
			 (json_int_t)summary->files, "bytes", (json_int_t)summary->bytes, "problems",
			 (json_int_t)summary->problems, "complete", (int)summary->complete);
}

static int enter(struct store *store, void *arg, struct err *err)
{
	struct packages *packages = arg;

	return ledger_append(store, &packages->act, LEDGER_PACKAGE_MADE, packages->dossier->case_no, "",
			     result_of(packages), NULL, err);
}

static void entered(void *arg, int rc, const struct err *err)
{
	struct packages *packages = arg;
	json_t *result = rc < 0 ? NULL : result_of(packages);

	if (result) {
		json_object_set_new(result, "fingerprint", json_string(packages->dossier->fingerprint));
		log_notice("package of showing %lld: %s, manifest %s", (long long)packages->showing, packages->order.out,
			   packages->summary.manifest_sha256);
	}
	end(packages, rc < 0 ? err : NULL, result);
}

/* --- third and fourth: the signature, the name --------------------------------------------------- */

static void is_signed(void *arg, const uint8_t *der, size_t len_bytes, const struct err *err)
{
	struct packages *packages = arg;

	if (!der || packages->ending || len_bytes > sizeof packages->der) {
		if (der)
			err_set(&packages->err, ERR_GONE, _("the station is ending"));
		end(packages, der ? &packages->err : err, NULL);
		return;
	}
	memcpy(packages->der, der, len_bytes);
	packages->der_bytes = len_bytes;
	start_worker(packages);
}

static void worked(void *owner, uint32_t events)
{
	struct packages *packages = owner;
	uint64_t count;

	(void)events;
	if (read(packages->worked.fd, &count, sizeof count) != sizeof count || !packages->running)
		return;
	pthread_join(packages->thread, NULL);
	packages->running = false;
	if (packages->rc < 0)
		end(packages, &packages->err, NULL);
	else if (packages->summary.files)
		evidence_do(packages->station->evidence, enter, entered, packages);
	else
		signature_ask(packages->station, "log", packages->digest, SIGN_TIMEOUT_MS, is_signed, packages);
}

/* --- first: what the ledger says ----------------------------------------------------------------- */

static int collect(struct store *store, void *arg, struct err *err)
{
	struct packages *packages = arg;

	return dossier_load(&packages->dossier, store, packages->showing, err);
}

static void collected(void *arg, int rc, const struct err *err)
{
	struct packages *packages = arg;

	if (rc == 0 && packages->ending)
		rc = err_set(&packages->err, ERR_GONE, _("the station is ending"));
	if (rc < 0)
		end(packages, packages->ending ? &packages->err : err, NULL);
	else
		start_worker(packages);
}

/*
 * A package holds what is signed. The delivery copies of the last stills are perhaps just being made, and the last
 * entries are signed up to a second after they were written: it waits for both.
 */
static void wait_for_record(struct packages *packages)
{
	packages->wait_until_ns = clock_mono_ns() + COPIES_NS;
	packages->wait_entries = 0;
	deliveries_hurry(packages->station->deliveries);
}

static void begin_when_signed(struct packages *packages)
{
	bool late = clock_mono_ns() >= packages->wait_until_ns;
	struct evidence_state state;

	if (!packages->wait_until_ns)
		return;
	if (!packages->wait_entries && (late || deliveries_are_done(packages->station->deliveries))) {
		evidence_state(packages->station->evidence, &state);
		packages->wait_entries = state.entries;
		packages->wait_until_ns = clock_mono_ns() + SIGNED_NS;
		late = false;
	}
	if (packages->wait_entries && checkpoints_size(packages->station->checkpoints) >= packages->wait_entries) {
		packages->wait_until_ns = 0;
		evidence_do(packages->station->evidence, collect, collected, packages);
	} else if (packages->wait_entries && late) {
		packages->wait_until_ns = 0;
		err_set(&packages->err, ERR_TIMEOUT, _("the record is not signed up to its end: see what is wrong with the signer, and try again"));
		end(packages, &packages->err, NULL);
	}
}

static int read_order(struct packages *packages, json_t *params, struct err *err)
{
	static const char *const known[] = { "showing", "out", "so_far", "force", NULL };
	json_int_t showing;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_integer(&showing, params, "showing", 1, INT64_MAX, err);
	if (rc == 0)
		rc = rpc_string(&packages->order.out, params, "out", err);
	if (rc < 0)
		return rc;
	packages->showing = showing;
	packages->order.so_far = json_is_true(json_object_get(params, "so_far"));
	packages->order.force = json_is_true(json_object_get(params, "force"));
	if (packages->order.force && !packages->act.reason[0])
		return err_set(err, ERR_RANGE, _("a package with files that are missing or changed is made for a reason: say which"));
	return 0;
}

void packages_ask_make(struct station *station, const struct rpc_peer *peer, json_t *params,
		       struct rpc_ticket ticket)
{
	struct packages *packages = station->packages;
	struct err err;
	int rc;

	if (packages->busy) {
		err_set(&err, ERR_STATE, _("a package is being made (%s): wait for it"), packages->order.out);
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	rc = station_act_of(station, peer, params, &packages->act, &packages->params, &err);
	if (rc < 0) {
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	packages->busy = true;
	packages->ticket = ticket;
	packages->summary = (struct package_summary){ 0 };
	packages->order = (struct package_order){
		.state_path = station->config.state, .made_by = packages->act.actor, .second = packages->act.second,
		.made_utc_us = packages->act.utc_us, .progress = progress, .owner = packages,
	};
	if (read_order(packages, packages->params, &err) < 0)
		end(packages, &err, NULL);
	else
		wait_for_record(packages);
}

/* --- life ---------------------------------------------------------------------------------------- */

void packages_tick(struct packages *packages)
{
	uint64_t done_bytes = atomic_load(&packages->done_bytes);

	begin_when_signed(packages);
	if (!packages->running || done_bytes == packages->told_bytes)
		return;
	packages->told_bytes = done_bytes;
	rpc_server_notify(packages->station->control, 0, "evidence", "evidence",
			  json_pack("{s:s, s:I, s:I, s:I}", "kind", "package", "showing", (json_int_t)packages->showing,
				    "done_bytes", (json_int_t)done_bytes, "all_bytes",
				    (json_int_t)atomic_load(&packages->all_bytes)));
}

int packages_open(struct packages **out, struct station *station, struct err *err)
{
	struct packages *packages = calloc(1, sizeof *packages);
	int fd = packages ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1, rc;

	if (fd < 0) {
		free(packages);
		return err_os(err, "packages");
	}
	packages->station = station;
	packages->worked = (struct loop_watch){ .fd = -1, .ready = worked, .owner = packages };
	rc = loop_watch(station->loop, &packages->worked, fd, EPOLLIN, err);
	if (rc < 0) {
		close(fd);
		free(packages);
		return rc;
	}
	*out = packages;
	return 0;
}

void packages_halt(struct packages *packages)
{
	if (!packages)
		return;
	packages->ending = true;
	atomic_store(&packages->given_up, true);
	if (packages->wait_until_ns) {
		packages->wait_until_ns = 0;
		err_set(&packages->err, ERR_GONE, _("the station is ending"));
		end(packages, &packages->err, NULL);
	}
	if (!packages->running)
		return;
	pthread_join(packages->thread, NULL);
	packages->running = false;
	if (packages->rc == 0 && packages->summary.files) {	/* it has its name: then it is in the ledger too */
		evidence_do(packages->station->evidence, enter, entered, packages);
		return;
	}
	err_set(&packages->err, ERR_GONE, _("the station is ending"));
	end(packages, &packages->err, NULL);
}

struct packages *packages_free(struct packages *packages)
{
	int fd;

	if (!packages)
		return NULL;
	fd = packages->worked.fd;
	loop_unwatch(packages->station->loop, &packages->worked);
	util_closep(&fd);
	package_free(packages->package);
	dossier_free(packages->dossier);
	json_decref(packages->params);
	free(packages);
	return NULL;
}
