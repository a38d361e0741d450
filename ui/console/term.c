/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Colour pairs: the roles take the first ROLE_COUNT_ numbers, pictures the rest. On a terminal
 * without colours no pair is ever made: alloc_pair and init_extended_pair crash there (ncurses 6.4).
 */
#include "ui/console/term.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "ui/console/term_probe.h"


#define PASTE_ON "\x1b[?2004h"
#define PASTE_OFF "\x1b[?2004l"

static volatile sig_atomic_t signalled;
static struct termios terminal_before;
static bool terminal_taken;

static void ask_to_end(int number)
{
	signalled = number;
}

int term_signalled(void)
{
	return signalled;
}

/* Only calls that are safe in a signal handler; the sequences are those of every terminal with a mouse
 * and an alternate screen, and mean nothing to others. */
static void crash(int number)
{
	static const char restore[] =
		"\x1b[?1000l\x1b[?1002l\x1b[?1006l" PASTE_OFF "\x1b[0m\x1b[?25h\x1b[?1049l\r\n";

	if (terminal_taken) {
		ssize_t ignored = write(STDOUT_FILENO, restore, sizeof restore - 1);

		(void)ignored;
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
	}
	signal(number, SIG_DFL);
	raise(number);
}

static void take_signals(void)
{
	static const int ends[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	struct sigaction action = { .sa_handler = ask_to_end };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		sigaction(ends[i], &action, NULL);
	action.sa_handler = crash;
	action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
	for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
		sigaction(crashes[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int find_theme(const struct theme **out, const char *name, struct err *err)
{
	for (unsigned i = 0; i < theme_count; i++)
		if (strcmp(theme_table[i].name, name) == 0) {
			*out = &theme_table[i];
			return 0;
		}
	return err_set(
		err, ERR_RANGE,
		_("no theme is called \"%s\"; there are default, light, high-contrast, mono"),
		name);
}

static enum palette_mode mode_of_terminal(void)
{
	if (!has_colors())
		return PALETTE_MONO;
	/* the flag of the *-direct entries; a number or a string in others */
	if (tigetflag("RGB") > 0 || tigetnum("RGB") > 0)
		return PALETTE_DIRECT;
	return COLORS >= 256 ? PALETTE_256 : COLORS >= 16 ? PALETTE_16 : PALETTE_8;
}

static int choose_mode(enum palette_mode *out, const char *wish, struct err *err)
{
	static const struct {
		const char *name;
		enum palette_mode mode;
	} names[] = { { "never", PALETTE_MONO }, { "8", PALETTE_8 }, { "16", PALETTE_16 },
		      { "256", PALETTE_256 }, { "direct", PALETTE_DIRECT } };
	const char *no_color = getenv("NO_COLOR");
	enum palette_mode best = mode_of_terminal();

	if (strcmp(wish, "auto") == 0) {
		*out = no_color && *no_color ? PALETTE_MONO : best;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].name, wish) == 0) {
			*out = MIN(names[i].mode, best);
			return 0;
		}
	return err_set(err, ERR_RANGE,
		       _("--color=%s: there are auto, never, 8, 16, 256 and direct"), wish);
}

static int role_colour(enum palette_mode mode, short of_256, signed char of_8)
{
	if (of_256 < 0)
		return -1;
	if (mode == PALETTE_DIRECT)
		return palette_number(mode, palette_colour(PALETTE_256, of_256), 0, 0);
	return mode == PALETTE_256 ? of_256 : of_8;
}

static void set_roles(struct term *term)
{
	for (int i = 0; i < ROLE_COUNT_; i++) {
		const struct theme_role *role = &term->theme->roles[i];

		term->role_pairs[i] = 0;
		if (term->mode == PALETTE_MONO)
			continue;
		term->role_pairs[i] = i + 1;
		init_extended_pair(i + 1, role_colour(term->mode, role->front, role->front8),
				   role_colour(term->mode, role->back, role->back8));
	}
	term_role(term, ROLE_TEXT);
}

static int make_colours(struct term *term, const struct term_options *options, struct err *err)
{
	int rc;

	start_color();
	rc = choose_mode(&term->mode, options->color ? options->color : "auto", err);
	if (rc < 0)
		return rc;
	if (term->mode == PALETTE_MONO)
		rc = find_theme(&term->theme, "mono", err);
	else
		rc = find_theme(&term->theme, options->theme ? options->theme : "default", err);
	if (rc < 0 || term->mode == PALETTE_MONO)
		return rc;
	use_default_colors();
	rc = palette_pairs_new(&term->pairs, ROLE_COUNT_ + 1,
			       MIN(COLOR_PAIRS, 65536) - ROLE_COUNT_ - 1, init_extended_pair, err);
	set_roles(term);
	return rc;
}

/* "direct" on a terminal that says it has true colours, but whose terminfo entry does not. */
static const char *terminal_name(const struct term_options *options)
{
	const char *colorterm = getenv("COLORTERM"), *name = getenv("TERM");

	if (options->color && strcmp(options->color, "direct") == 0 && colorterm && name &&
	    strncmp(name, "xterm", 5) == 0 &&
	    (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0))
		return "xterm-direct";
	return NULL;
}

static SCREEN *open_screen(const struct term_options *options)
{
	const char *name = terminal_name(options);
	SCREEN *screen = name ? newterm(name, stdout, stdin) : NULL;

	return screen ? screen : newterm(NULL, stdout, stdin);
}

static void set_input(void)
{
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	set_escdelay(25);
	mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
	if (tigetstr("kmous") != NULL && tigetstr("kmous") != (char *)-1) {
		putp(PASTE_ON);
		fflush(stdout);
	}
}

int term_start(struct term *term, const struct term_options *options, struct err *err)
{
	const char *name = getenv("TERM");
	int rc;

	*term = (struct term){ .ascii = options->ascii || !i18n_utf8() };
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &terminal_before) < 0)
		return err_set(err, ERR_UNSUPPORTED,
			       _("the console needs a terminal; without one, use the "
				 "subcommands (ostend --help)"));
	if (!term->ascii && name && strcmp(name, "dumb") != 0)
		term->ascii = term_probe_block_width(STDOUT_FILENO) != 1;
	term->blocks = !term->ascii;
	/* the fonts of the Linux console have no braille */
	term->braille = term->blocks && !(name && strncmp(name, "linux", 5) == 0);
	if (!open_screen(options))
		return err_set(err, ERR_UNSUPPORTED,
			       _("the terminal type \"%s\" is not known here: set TERM, or "
				 "install ncurses-term"),
			       name ? name : "");
	terminal_taken = true;
	take_signals();
	set_input();
	rc = make_colours(term, options, err);
	if (rc < 0)
		term_stop(term);
	return rc;
}

void term_stop(struct term *term)
{
	if (terminal_taken) {
		putp(PASTE_OFF);
		fflush(stdout);
		endwin();
	}
	terminal_taken = false;
	term->pairs = palette_pairs_free(term->pairs);
}

void term_next_theme(struct term *term)
{
	unsigned at = (unsigned)(term->theme - theme_table);

	if (term->mode == PALETTE_MONO)
		return;
	term->theme = &theme_table[(at + 1) % theme_count];
	set_roles(term);
	clearok(stdscr, TRUE);
}
