/* SPDX-License-Identifier: GPL-3.0-or-later */
/* screen.h - the console's own state, shared by the files that draw it and act for it. Private. */
#ifndef OSTEND_UI_CONSOLE_SCREEN_H
#define OSTEND_UI_CONSOLE_SCREEN_H

#include "ui/console/console.h"
#include "ui/console/exhibits.h"
#include "ui/console/keys.h"
#include "ui/console/link.h"
#include "ui/console/model.h"
#include "ui/console/preview_map.h"

enum screen_mode {
	MODE_PANES, MODE_PROMPT, MODE_QUESTION, MODE_CLEAR, MODE_HELP, MODE_JOIN, MODE_TEXT, MODE_FACTS,
	MODE_EXHIBITS, MODE_EXHIBIT, MODE_CARDS, MODE_PAUSE, MODE_CLOSED,
};
enum screen_prompt {
	PROMPT_GOTO, PROMPT_SPIN, PROMPT_COMMAND, PROMPT_RESUME, PROMPT_REJECT, PROMPT_FRAMES, PROMPT_MAKERS,
};
enum screen_question { QUESTION_HOME, QUESTION_LEAVE_DEMO, QUESTION_SHOW, QUESTION_RESUME, QUESTION_CLOSE };

#define HITS_MAX 48
#define SCREEN_BY "console"	/* in the record of who asked for what */

struct screen {
	const struct console_options *options;
	struct loop *loop;
	struct term term;
	struct link station, table;
	struct model model;

	/* the picture: newest copy, and as cells for the pane's size */
	struct preview_map *preview;
	struct preview_copy *picture;
	struct blit blit;
	bool fine, picture_fresh;
	uint64_t picture_ns;		/* when the last one was drawn */

	struct layout layout;
	enum screen_mode mode;
	enum screen_prompt prompt;
	enum screen_question question;
	char sequence[16];		/* of the terminal, after its ESC, as far as it has come */
	uint64_t sequence_ns;		/* when its ESC came; 0: none */
	int swallow;			/* characters that belong to it still */
	char input[128];		/* what is typed into the prompt, UTF-8 */
	char *text;			/* of MODE_TEXT */
	int scroll[PANE_COUNT], text_scroll;
	enum pane focus, zoomed;	/* zoomed PANE_COUNT: none */
	struct rect dial;		/* where the dial was drawn: clicks */
	struct hit {
		int x, columns;
		enum action action;
	} hits[HITS_MAX];		/* key bar, as drawn */
	size_t hit_count;

	struct exhibits exhibits;
	json_t *closed;			/* the showing, as closing it has answered; MODE_CLOSED */
	bool stills_open;
	unsigned views_passed;		/* which of those missing the next still is of */
	char makers[2][128];		/* who takes part in what is done here; "": the record has the user */

	int step;			/* which of screen_steps */
	int32_t spin_mdeg_s;		/* what the spin keys have asked for */
	uint64_t clear_until_ns;	/* MODE_CLEAR: when the second step comes too late */
	char clear_reason[512];
	json_int_t taken_lease;		/* the last lease that a key has ended */
	uint64_t taken_ns;		/* when; 0: none yet */
	char taken_from[128];
	char notice[256];
	enum message_level notice_level;
	uint64_t notice_until_ns;

	struct loop_watch keyboard;
	struct loop_timer draw_timer, tick_timer;
	uint64_t drawn_ns, asked_ns;	/* last drawing; last status request */
	bool dirty, leave, stop_station, pasting, join_shown;
};

static const int32_t screen_steps[] = { 1000, 5000, 15000, 45000 };

/* console.c */
void screen_touch(struct screen *screen);	/* something changed: draw soon */
bool screen_answering(const struct screen *screen);
bool screen_hears_table(const struct screen *screen);	/* from the station, or from its own socket */
void screen_notice(struct screen *screen, enum message_level level, const char *format, ...) PRINTF_LIKE(3, 4);

/* acts.c: what the operator wants done */
void act(struct screen *screen, enum action action);
void act_command_line(struct screen *screen, const char *line);

/* act_table.c */
void act_goto(struct screen *screen, int32_t bearing_mdeg);
void act_spin(struct screen *screen, int32_t speed_mdeg_s);
void act_spin_more(struct screen *screen, int32_t change_mdeg_s);
void act_turn(struct screen *screen, int32_t by_mdeg);
void act_home(struct screen *screen);
/* table.stop, table.estop, table.preempt: past everything that may hang */
void act_at_once(struct screen *screen, const char *method);
/* A hand is on the console: whoever has a lease loses it. True: somebody had one until now. */
bool act_take_back(struct screen *screen);
void act_clear(struct screen *screen);			/* first step: the reason comes as MODE_CLEAR */
void act_clear_confirmed(struct screen *screen);
void act_clear_tick(struct screen *screen);
void act_table_answer(void *owner, const char *method, const json_t *result, const struct err *err);

/* act_evidence.c: the showing and its stills */
extern const char *const act_pauses[];		/* names of station/showing/pause_reasons.def */
extern const size_t act_pause_count;
void evidence_begin(struct screen *screen);	/* the station has just been reached */
void evidence_ask(struct screen *screen);	/* what the news has made old */
void evidence_news(struct screen *screen, const json_t *news);	/* what of it the operator waits for */
/** Send, with the makers' names; a refusal is @answer's to show. */
void evidence_send(struct screen *screen, const char *method, json_t *params /* stolen */, int timeout_ms,
		   link_answer *answer);
bool evidence_is_spinning(const struct screen *screen);
void act_hold(struct screen *screen);			/* at once; then MODE_PAUSE */
void act_hold_because(struct screen *screen, int number);	/* of act_pauses, from 1; others: as it is */
void act_go_on(struct screen *screen);			/* asks first */
void act_show(struct screen *screen);
void act_resume(struct screen *screen, const char *reason);
void act_close(struct screen *screen);
void act_still(struct screen *screen, bool full);
void act_next_view(struct screen *screen);
void act_reject(struct screen *screen, const char *text);
void act_round(struct screen *screen);			/* a spin of stills; ends the one that is under way */
void act_round_of(struct screen *screen, const char *text);
void act_makers(struct screen *screen, const char *text);

/* act_exhibits.c */
void act_exhibits(struct screen *screen);
void act_search(struct screen *screen);			/* for what is typed, unless that is known or asked */
void act_open_exhibit(struct screen *screen);
void act_scan(struct screen *screen);
void act_stage_confirmed(struct screen *screen);

/* input_evidence.c: keys of the modes above */
void input_evidence_key(struct screen *screen, int key, bool is_function, enum action action);

/* input.c */
void input_drain(struct screen *screen);
void input_type(struct screen *screen, uint32_t character);
void input_erase(struct screen *screen);
void input_stop_if_moving(struct screen *screen);

/* draw.c, pane_*.c, overlay.c */
void draw_screen(struct screen *screen);
void pane_top(struct screen *screen);
int band_rows(const struct screen *screen);	/* for the layout: 0 while there is nothing to tell */
void band_draw(struct screen *screen);
void pane_prompt(struct screen *screen);
void pane_keys(struct screen *screen);
void pane_camera(struct screen *screen);
void pane_table(struct screen *screen);
void pane_rooms(struct screen *screen);
void pane_messages(struct screen *screen);
void figures_draw(struct screen *screen, const struct table_layout *place, const struct dial *pose);
void overlay_draw(struct screen *screen);
struct rect overlay_box(struct screen *screen, int rows, int columns, const char *title);
void clear_box_draw(struct screen *screen);
void pane_stills(struct screen *screen);
void exhibits_draw(struct screen *screen);
int exhibits_box_rows(void);
void showing_line_draw(struct screen *screen);
int alarm_rows(const struct screen *screen);		/* 1: there is one */
void alarm_draw(struct screen *screen, struct rect line);
void pause_box_draw(struct screen *screen);
void closed_box_draw(struct screen *screen);
void digits_draw(const struct term *term, int y, int x, enum role_on_screen role, const char *text);

/* fine.c: the picture by libchafa. ERR_NOMEM; ERR_RANGE */
int fine_picture(struct blit *out, enum palette_mode mode, bool blocks, int room_rows, int room_columns,
		 const uint8_t *planes, int width, int height, struct err *err);

#endif
