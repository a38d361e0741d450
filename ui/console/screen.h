/* SPDX-License-Identifier: GPL-3.0-or-later */
/* screen.h - the console's own state, shared by the files that draw it and act for it. Private. */
#ifndef OSTEND_UI_CONSOLE_SCREEN_H
#define OSTEND_UI_CONSOLE_SCREEN_H

#include "ui/console/console.h"
#include "ui/console/keys.h"
#include "ui/console/link.h"
#include "ui/console/model.h"
#include "ui/console/preview_map.h"

enum screen_mode {
	MODE_PANES, MODE_PROMPT, MODE_QUESTION, MODE_CLEAR, MODE_HELP, MODE_JOIN, MODE_TEXT, MODE_FACTS,
};
enum screen_prompt { PROMPT_GOTO, PROMPT_SPIN, PROMPT_COMMAND };
enum screen_question { QUESTION_HOME, QUESTION_LEAVE_DEMO };

#define HITS_MAX 32
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

/* input.c */
void input_drain(struct screen *screen);

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
void digits_draw(const struct term *term, int y, int x, enum role_on_screen role, const char *text);

/* fine.c: the picture by libchafa. ERR_NOMEM; ERR_RANGE */
int fine_picture(struct blit *out, enum palette_mode mode, bool blocks, int room_rows, int room_columns,
		 const uint8_t *planes, int width, int height, struct err *err);

#endif
