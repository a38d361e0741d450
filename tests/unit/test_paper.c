/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A paper is the same bytes each time, keeps every text to its place, and can be opened by others' programs. */
#include "station/evidence/paper_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <turbojpeg.h>

#define MADE UINT64_C(1790000000000000)
#define LONG_WORD "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" \
		  "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

/* A picture of @width x @height, from malloc by turbojpeg. */
static unsigned char *make_jpeg(int width, int height, unsigned long *len_bytes)
{
	unsigned char *rgb = malloc((size_t)width * (size_t)height * 3), *jpeg = NULL;
	tjhandle handle = tjInitCompress();

	for (int i = 0; i < width * height; i++) {
		rgb[3 * i] = (unsigned char)(i % width * 255 / width);
		rgb[3 * i + 1] = (unsigned char)(i / width * 255 / height);
		rgb[3 * i + 2] = 128;
	}
	assert_int_equal(tjCompress2(handle, rgb, width, 0, height, TJPF_RGB, &jpeg, len_bytes, TJSAMP_420, 80, 0), 0);
	tjDestroy(handle);
	free(rgb);
	return jpeg;
}

static struct paper *new_paper(void)
{
	struct paper *paper;

	assert_int_equal(paper_new(&paper, "zh_CN", "示证记录 Record of a showing", MADE, NULL), 0);
	return paper;
}

static void add_pictures(struct paper *paper)
{
	unsigned long len[2];
	unsigned char *jpeg[2] = { make_jpeg(640, 360, &len[0]), make_jpeg(300, 500, &len[1]) };

	paper_pictures(paper, 2, (const void *const[]){ jpeg[0], jpeg[1] }, (const size_t[]){ len[0], len[1] },
		       (const char *const[]){ "Still 1, 概貌", "Still 2, upright" });
	paper_pictures(paper, 1, (const void *const[]){ jpeg[0] }, (const size_t[]){ len[0] },
		       (const char *const[]){ "Still 1 alone" });
	tjFree(jpeg[0]);
	tjFree(jpeg[1]);
}

static void fill(struct paper *paper, int rows)
{
	static const int widths[] = { 1, 3, 5 };
	const char **cells = calloc((size_t)rows * 3, sizeof *cells);
	char (*numbers)[32] = calloc((size_t)rows, sizeof *numbers);

	for (int i = 0; i < rows; i++) {
		snprintf(numbers[i], sizeof numbers[i], i ? "row-%d" : "No.", i);
		cells[3 * i] = numbers[i];
		cells[3 * i + 1] = !i ? "Name" : i % 7 ? "水果刀 a knife with a handle of wood, 23 cm" : LONG_WORD;
		cells[3 * i + 2] = !i ? "What" : "(2026)浙0108刑初123号; turned to 90.0°, 两人制作, held by 王某某\nsecond line";
	}
	paper_heading(paper, 1, "Heading 案件");
	paper_text(paper, "A text of several sentences. 原物由涉案财物管理中心保管，未经搬动。 It goes on for some time, so that "
		   "it has to be broken into lines, and has Chinese 和中文 in the middle of it.");
	paper_pair(paper, "Case 案号", "(2026)浙0108刑初123号");
	paper_pair(paper, "Purpose", "举证质证");
	paper_heading(paper, 2, "Table");
	paper_table(paper, 3, widths, rows, cells);
	add_pictures(paper);
	paper_code(paper, "Closing fingerprint 完整性校验值", "7K3M-QW4D-0ZXY-1234-5678-9ABC-DEFG-HJKM");
	paper_signatures(paper, 3, (const char *const[]){ "Operator 操作员", "Second maker 第二制作人", "Judge 审判长" });
	free(numbers);
	free(cells);
}

struct made { char *html; void *pdf; size_t html_bytes, pdf_bytes; };

static struct made make(struct paper *paper)
{
	struct made made;
	struct err err = { 0 };

	assert_int_equal(paper_html(paper, &made.html, &made.html_bytes, &err), 0);
	assert_int_equal(paper_pdf(paper, &made.pdf, &made.pdf_bytes, &err), 0);
	paper_free(paper);
	return made;
}

static void clear(struct made *made)
{
	free(made->html);
	free(made->pdf);
}

/* What @command says of @bytes, which it finds in the file "$F". */
static char *ask(const char *command, const void *bytes, size_t len_bytes, int *status)
{
	char path[] = "/tmp/test-paper-XXXXXX", line[512], *answer = NULL;
	int fd = mkstemp(path);
	size_t len = 0;
	FILE *pipe;

	assert_int_equal(write(fd, bytes, len_bytes), len_bytes);
	close(fd);
	snprintf(line, sizeof line, "F=%s; %s", path, command);
	pipe = popen(line, "r");
	answer = calloc(1, 1 << 20);
	len = fread(answer, 1, (1 << 20) - 1, pipe);
	answer[len] = '\0';
	*status = pclose(pipe);
	unlink(path);
	return answer;
}

static void test_paper_is_the_same_bytes_each_time(void **state)
{
	struct paper *papers[2] = { new_paper(), new_paper() };
	struct made made[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		fill(papers[i], 20);
		made[i] = make(papers[i]);
	}
	assert_int_equal(made[0].html_bytes, made[1].html_bytes);
	assert_memory_equal(made[0].html, made[1].html, made[0].html_bytes);
	assert_int_equal(made[0].pdf_bytes, made[1].pdf_bytes);
	assert_memory_equal(made[0].pdf, made[1].pdf, made[0].pdf_bytes);
	clear(&made[0]);
	clear(&made[1]);
}

static void test_paper_asks_nobody_for_anything(void **state)
{
	struct paper *paper = new_paper();
	struct made made;

	(void)state;
	fill(paper, 3);
	made = make(paper);
	for (const char *at = made.html; (at = strstr(at, "http")); at++)
		assert_true(strncmp(at, "http-equiv", 10) == 0 || strncmp(at, "http://www.w3.org/1999/xhtml\"", 29) == 0);
	assert_null(strstr(made.html, "url("));
	assert_null(strstr(made.html, "<script"));
	clear(&made);
}

static void test_paper_keeps_markup_a_text(void **state)
{
	static const char hostile[] = "</td></tr><script>alert(1)</script>&amp;\"'<img src=x onerror=y> %s %n";
	struct paper *paper = new_paper();
	struct made made;
	int status;
	char *answer;

	(void)state;
	paper_heading(paper, 1, hostile);
	paper_text(paper, hostile);
	paper_pair(paper, hostile, hostile);
	paper_table(paper, 2, (const int[]){ 1, 1 }, 2, (const char *const[]){ hostile, hostile, hostile, hostile });
	paper_code(paper, hostile, hostile);
	paper_signatures(paper, 1, (const char *const[]){ hostile });
	made = make(paper);
	assert_null(strstr(made.html, "<script"));
	assert_null(strstr(made.html, "<img"));
	answer = ask("xmllint --noout --nonet \"$F\" 2>&1", made.html, made.html_bytes, &status);
	assert_string_equal(answer, "");
	assert_int_equal(status, 0);
	free(answer);
	answer = ask("pdftotext \"$F\" - 2>&1", made.pdf, made.pdf_bytes, &status);
	assert_int_equal(status, 0);
	assert_non_null(strstr(answer, "<script>alert(1)</script>&amp;"));
	free(answer);
	clear(&made);
}

static void assert_clean(const char *text, const char *expected)
{
	char *clean = paper_clean(text);

	assert_string_equal(clean, expected);
	free(clean);
}

static void test_paper_shows_what_would_not_be_seen(void **state)
{
	(void)state;
	assert_clean("plain 中文 é 🔪\nsecond\tcell", "plain 中文 é 🔪\nsecond cell");
	assert_clean("photo\u202egpj.exe", "photo[U+202E]gpj.exe");
	assert_clean("a\u200bb\u2066c\ufeff", "a[U+200B]b[U+2066]c[U+FEFF]");
	assert_clean("bell\a esc\033[31m del\177", "bell[U+0007] esc[U+001B][31m del[U+007F]");
	assert_clean("c1\xc2\x9b", "c1[U+009B]");
	assert_clean("cut \xe4\xb8", "cut \xef\xbf\xbd\xef\xbf\xbd");
	assert_clean("over-long \xc0\xaf\xe0\x80\xaf", "over-long \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_clean("surrogate \xed\xa0\x80", "surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_clean("\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd");
	assert_clean("e\u0301\u0301\u0301\u0301", "e\u0301\u0301\u0301[U+0301]");
	assert_clean("noncharacter \xef\xbf\xbf", "noncharacter [U+FFFF]");
}

static void test_paper_of_sixty_pages_repeats_heads_and_splits_no_row(void **state)
{
	struct paper *paper = new_paper();
	struct made made;
	int status, pages = 0, heads = 0;
	char *answer;

	(void)state;
	fill(paper, 1300);
	made = make(paper);
	answer = ask("pdfinfo \"$F\" | sed -n 's/^Pages: *//p'", made.pdf, made.pdf_bytes, &status);
	pages = atoi(answer);
	assert_in_range(pages, 60, 100);
	free(answer);
	/* each page of the table has its head, and as many beginnings of rows as ends */
	answer = ask("for p in $(seq 2 59); do pdftotext -f $p -l $p -layout \"$F\" - | awk '/No\\./{h++} "
		     "/row-[0-9]/{b++} /second line/{e++} END{print (h == 1 && b == e && b > 5) ? \"good\" : \"bad\"}'; done",
		     made.pdf, made.pdf_bytes, &status);
	assert_null(strstr(answer, "bad"));
	for (const char *at = answer; (at = strstr(at, "good")); at++)
		heads++;
	assert_int_equal(heads, 58);
	free(answer);
	clear(&made);
}

static int pages_of(int rows, bool one_page)
{
	struct paper *paper = new_paper();
	const char **cells = calloc((size_t)rows * 2, sizeof *cells);
	struct made made;
	char *answer;
	int status, pages;

	for (int i = 0; i < rows * 2; i++)
		cells[i] = i % 2 ? "保管员" : "2026-11-24 16:17:00";
	if (one_page)
		paper_one_page(paper);
	paper_table(paper, 2, (const int[]){ 1, 1 }, rows, cells);
	paper_signatures(paper, 1, (const char *const[]){ "Custodian" });
	made = make(paper);
	answer = ask("pdfinfo \"$F\" | sed -n 's/^Pages: *//p'", made.pdf, made.pdf_bytes, &status);
	pages = atoi(answer);
	free(answer);
	free(cells);
	clear(&made);
	return pages;
}

static void test_paper_for_one_page_has_one_as_long_as_that_can_be_read(void **state)
{
	(void)state;
	assert_int_equal(pages_of(30, false), 1);
	assert_int_equal(pages_of(52, false), 2);
	assert_int_equal(pages_of(52, true), 1);
	assert_in_range(pages_of(150, true), 2, pages_of(150, false));
}

static void test_paper_goes_on_over_pages_with_a_row_longer_than_one(void **state)
{
	struct paper *paper = new_paper();
	char *text = calloc(1, 400 * 40);
	struct made made;
	int status;
	char *answer;

	(void)state;
	for (int i = 0; i < 400; i++)
		sprintf(text + strlen(text), "line-%d\n", i);
	paper_table(paper, 2, (const int[]){ 1, 1 }, 2, (const char *const[]){ "A", "B", "short", text });
	paper_text(paper, "the end");
	made = make(paper);
	answer = ask("pdftotext -layout \"$F\" -", made.pdf, made.pdf_bytes, &status);
	assert_non_null(strstr(answer, "line-0\n"));
	assert_non_null(strstr(answer, "line-200\n"));
	assert_non_null(strstr(answer, "line-399\n"));
	assert_non_null(strstr(answer, "the end"));
	free(answer);
	free(text);
	clear(&made);
}

static void test_paper_has_pictures_as_they_are(void **state)
{
	struct paper *paper = new_paper();
	unsigned long len;
	unsigned char *jpeg = make_jpeg(640, 360, &len);
	struct made made;

	(void)state;
	paper_pictures(paper, 1, (const void *const[]){ jpeg }, (const size_t[]){ len }, (const char *const[]){ "one" });
	made = make(paper);
	assert_non_null(memmem(made.pdf, made.pdf_bytes, jpeg, len));
	tjFree(jpeg);
	clear(&made);
}

static void test_paper_puts_no_hyphen_into_a_digest(void **state)
{
	static const char digest[] = "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f";
	struct paper *paper = new_paper();
	struct made made;
	int status;
	char *answer;

	(void)state;
	paper_table(paper, 2, (const int[]){ 1, 5 }, 2, (const char *const[]){ "SHA-256", "", digest, "" });
	made = make(paper);
	answer = ask("pdftotext -raw \"$F\" - | tr -d '\\n '", made.pdf, made.pdf_bytes, &status);
	assert_non_null(strstr(answer, digest));
	free(answer);
	clear(&made);
}

static void assert_refused(const void *jpeg, size_t len_bytes)
{
	struct paper *paper = new_paper();
	struct err err = { 0 };
	size_t len;
	char *html;
	void *pdf;

	paper_pictures(paper, 1, &jpeg, &len_bytes, (const char *const[]){ "damaged" });
	assert_int_equal(paper_html(paper, &html, &len, &err), ERR_RANGE);
	assert_non_null(strstr(err.text, "no whole JPEG"));
	assert_int_equal(paper_pdf(paper, &pdf, &len, &err), ERR_RANGE);
	paper_free(paper);
}

static void test_paper_refuses_a_damaged_picture(void **state)
{
	unsigned long len;
	unsigned char *jpeg = make_jpeg(64, 64, &len);

	(void)state;
	assert_refused(jpeg, len / 2);
	assert_refused("GIF89a", 6);
	assert_refused("", 0);
	tjFree(jpeg);
}

static void test_paper_of_nothing_has_a_page(void **state)
{
	struct made made = make(new_paper());

	(void)state;
	assert_memory_equal(made.pdf, "%PDF-", 5);
	assert_non_null(strstr(made.html, "示证记录"));
	clear(&made);
}

/* For looking at it: test-paper FILE writes a sample beside FILE. */
static int write_sample(const char *path)
{
	struct paper *paper = new_paper();
	struct made made;
	char name[512];
	FILE *out;

	fill(paper, 60);
	made = make(paper);
	snprintf(name, sizeof name, "%s.pdf", path);
	out = fopen(name, "w");
	fwrite(made.pdf, 1, made.pdf_bytes, out);
	fclose(out);
	snprintf(name, sizeof name, "%s.html", path);
	out = fopen(name, "w");
	fwrite(made.html, 1, made.html_bytes, out);
	fclose(out);
	clear(&made);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paper_is_the_same_bytes_each_time),
		cmocka_unit_test(test_paper_asks_nobody_for_anything),
		cmocka_unit_test(test_paper_keeps_markup_a_text),
		cmocka_unit_test(test_paper_shows_what_would_not_be_seen),
		cmocka_unit_test(test_paper_of_sixty_pages_repeats_heads_and_splits_no_row),
		cmocka_unit_test(test_paper_for_one_page_has_one_as_long_as_that_can_be_read),
		cmocka_unit_test(test_paper_goes_on_over_pages_with_a_row_longer_than_one),
		cmocka_unit_test(test_paper_has_pictures_as_they_are),
		cmocka_unit_test(test_paper_puts_no_hyphen_into_a_digest),
		cmocka_unit_test(test_paper_refuses_a_damaged_picture),
		cmocka_unit_test(test_paper_of_nothing_has_a_page),
	};

	if (argc == 2)
		return write_sample(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
