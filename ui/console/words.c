/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/words.h"

#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/role.h"
#include "station/base/util.h"

struct word {
	const char *sent, *shown;
};

static const char *look_up(const struct word *list, size_t count, const char *sent)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].sent, sent) == 0)
			return _(list[i].shown);
	return sent;
}

const char *words_state(const char *state)
{
	static const struct word list[] = {
		{ "PREPARED", N_("PREPARED") }, { "PREVIEW", N_("PREVIEW") },
		{ "ON_AIR", N_("ON AIR") },	{ "HOLD", N_("HOLD") },
		{ "CLOSED", N_("CLOSED") },	{ "RECORDING_FAILED", N_("RECORDING FAILED") },
	};

	return look_up(list, ARRAY_LEN(list), state);
}

const char *words_link(const char *link)
{
	static const struct word list[] = {
		{ "closed", N_("line closed") }, { "opening", N_("line opening") }, { "up", N_("connected") },
		{ "silent", N_("does not answer") }, { "lost", N_("line lost") },
	};

	return look_up(list, ARRAY_LEN(list), link);
}

const char *words_motion(const char *motion)
{
	static const struct word list[] = {
		{ "unknown", N_("motion unknown") }, { "still", N_("still") },	 { "moving", N_("moving") },
		{ "stopping", N_("stopping") },	     { "homing", N_("homing") }, { "held", N_("held") },
	};

	return look_up(list, ARRAY_LEN(list), motion);
}

const char *words_reference(const char *reference)
{
	static const struct word list[] = {
		{ "none", N_("not homed") },
		{ "user-zero", N_("hand-set zero") },
		{ "homed", N_("homed") },
		{ "absolute", N_("absolute") },
	};

	return look_up(list, ARRAY_LEN(list), reference);
}

const char *words_source(const char *source)
{
	static const struct word list[] = {
		{ "none", N_("no angle") },
		{ "assumed", N_("assumed, not measured") },
		{ "counted", N_("counted steps") },
		{ "encoder", N_("encoder") },
	};

	return look_up(list, ARRAY_LEN(list), source);
}

/* About, by counting, equal: told apart also without colour, and by who does not read the words. */
const char *words_kind(const char *source)
{
	return strcmp(source, "assumed") == 0 ? "~" :
	       strcmp(source, "counted") == 0 ? "#" :
	       strcmp(source, "encoder") == 0 ? "=" :
						"?";
}

const char *words_event(const char *kind)
{
	static const struct word list[] = {
		{ "command", N_("command") }, { "halt", N_("HALTED") },
		{ "clear", N_("clear") },     { "fault", N_("fault") },
		{ "link", N_("line") },	      { "epoch", N_("reference lost") },
		{ "lease", N_("lease") },     { "calibration", N_("calibration") },
		{ "handling", N_("handling") },
	};

	return look_up(list, ARRAY_LEN(list), kind);
}

const char *words_spin(const char *state)
{
	static const struct word list[] = {
		{ "running", N_("under way") }, { "stopped", N_("stopped") }, { "complete", N_("complete") },
	};

	return look_up(list, ARRAY_LEN(list), state);
}

const char *words_handling(const char *name)
{
	static const struct word list[] = {
		{ "normal", N_("normal") }, { "fragile", N_("fragile") }, { "tall", N_("tall") },
		{ "loose", N_("loose") },   { "heavy", N_("heavy") },	  { "liquid", N_("liquid") },
		{ "sharp", N_("sharp") },
	};

	return look_up(list, ARRAY_LEN(list), name);
}

const char *words_outcome(const char *outcome)
{
	static const struct word list[] = {
		{ "accepted", N_("accepted") }, { "done", N_("done") },
		{ "stopped", N_("stopped") },	{ "refused", N_("refused") },
		{ "failed", N_("failed") },	{ "superseded", N_("replaced by a newer command") },
	};

	return look_up(list, ARRAY_LEN(list), outcome);
}

const char *words_role(const char *role)
{
	static const struct word list[] = {
#define ROLE(id, name, label) { name, label },
		ROLES
#undef ROLE
	};

	return look_up(list, ARRAY_LEN(list), role);
}

const char *words_room(const char *state)
{
	static const struct word list[] = {
		{ "new", N_("arriving") },
		{ "checked", N_("checked") },
		{ "connected", N_("connected") },
		{ "page only", N_("page only") },
	};

	return look_up(list, ARRAY_LEN(list), state);
}

const char *words_child(const char *state)
{
	static const struct word list[] = {
		{ "running", N_("running") },
		{ "restarting", N_("restarting") },
		{ "failed", N_("failed") },
	};

	return look_up(list, ARRAY_LEN(list), state);
}

void words_duration(char *text, size_t size, json_int_t seconds)
{
	if (seconds < 120)
		snprintf(text, size, _("%lld s"), (long long)seconds);
	else if (seconds < 2 * 3600)
		snprintf(text, size, _("%lld min"), (long long)(seconds / 60));
	else if (seconds < 2 * 86400)
		snprintf(text, size, _("%lld h"), (long long)(seconds / 3600));
	else
		snprintf(text, size, _("%lld d"), (long long)(seconds / 86400));
}

void words_handlings(char *text, size_t size, const json_t *names)
{
	json_t *name;
	size_t len = 0, i;

	snprintf(text, size, "%s", words_handling("normal"));
	json_array_foreach((json_t *)names, i, name)
		if (json_is_string(name) && len < size)
			len += (size_t)snprintf(text + len, size - len, "%s%s", i ? " + " : "",
						words_handling(json_string_value(name)));
}

void words_countdown(char *text, size_t size, int64_t left_ms)
{
	long long seconds = (left_ms + 999) / 1000;	/* 0:00 only when nothing is left */

	snprintf(text, size, "%lld:%02lld", seconds / 60, seconds % 60);
}

void words_digest(char *text, size_t size, const char *digest, int groups)
{
	size_t len = 0;

	text[0] = '\0';
	for (int i = 0; i < groups && strlen(digest) >= 4 && len < size; i++, digest += 4)
		len += (size_t)snprintf(text + len, size - len, "%s%.4s", i ? " " : "", digest);
}

void words_rate(char *text, size_t size, json_int_t bits_per_second)
{
	json_int_t tenths = (bits_per_second + 50000) / 100000;

	snprintf(text, size, "%lld.%lld Mbit/s", (long long)(tenths / 10), (long long)(tenths % 10));
}

const char *words_action(const char *name)
{
	static const struct word list[] = {
#define ACTION(id, name, label) { name, label },
#include "station/evidence/ledger_actions.def"
#undef ACTION
	};

	return look_up(list, ARRAY_LEN(list), name);
}

const char *words_disposal(const char *name)
{
	static const struct word list[] = {
#define DISPOSAL(id, name, label) { name, label },
#include "station/evidence/disposals.def"
#undef DISPOSAL
	};

	return look_up(list, ARRAY_LEN(list), name);
}

const char *words_pause(const char *name)
{
	static const struct word list[] = {
#define PAUSE(id, name, label, written) { name, label },
#include "station/showing/pause_reasons.def"
#undef PAUSE
	};

	return *name ? look_up(list, ARRAY_LEN(list), name) : name;
}

const char *words_purpose(const char *name)
{
	static const struct word list[] = {
#define PURPOSE(id, name, label) { name, label },
#include "station/showing/purposes.def"
#undef PURPOSE
	};

	return look_up(list, ARRAY_LEN(list), name);
}

const char *words_view(const char *name)
{
	static const struct word list[] = {
#define VIEW(name, label) { name, label },
#include "station/evidence/shot_views.def"
#undef VIEW
	};

	return *name ? look_up(list, ARRAY_LEN(list), name) : name;
}

const char *words_retrieval(const char *state)
{
	static const struct word list[] = {
		{ "requested", N_("asked for") }, { "approved", N_("approved") }, { "out", N_("out of store") },
		{ "back", N_("returned") },	  { "signed", N_("returned and signed") },
		{ "refused", N_("refused") },	  { "withdrawn", N_("withdrawn") },
	};

	return look_up(list, ARRAY_LEN(list), state);
}
