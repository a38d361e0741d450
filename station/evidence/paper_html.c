/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The paper as one HTML file that asks nobody for anything: it is well-formed XML too, has its pictures and rules
 * of style inside, and a policy that forbids everything else, should a text ever get out of its place.
 */
#include "station/evidence/paper_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/openssl.h"
#include <openssl/evp.h>

/* A4 as a printer makes it: heads repeat, rows and pictures stay whole, pages have numbers. */
static const char style[] =
	"@page{size:A4;margin:18mm 20mm 20mm;@bottom-right{content:counter(page) \" / \" counter(pages);"
	"font:8pt sans-serif;color:#555}}"
	"body{font:10pt/1.45 \"DejaVu Sans\",\"Noto Sans CJK SC\",\"WenQuanYi Micro Hei\",\"Microsoft YaHei\","
	"\"PingFang SC\",sans-serif;max-width:170mm;margin:10mm auto;color:#111;background:#fff;"
	"overflow-wrap:anywhere}"
	"h1{font-size:17pt;text-align:center;margin:0 0 8mm}h2{font-size:13pt;margin:8mm 0 2mm;"
	"border-bottom:0.4pt solid #888}h3{font-size:11pt;margin:5mm 0 1mm}"
	"h4{font-size:10pt;margin:3mm 0 1mm}h1,h2,h3,h4{break-after:avoid}p{margin:1.5mm 0;white-space:pre-line}"
	"table{border-collapse:collapse;width:100%;margin:2mm 0;table-layout:fixed}"
	"thead{display:table-header-group}tr{break-inside:avoid}"
	"th,td{border:0.4pt solid #999;padding:1mm 1.5mm;text-align:left;vertical-align:top;white-space:pre-line}"
	"th{background:#eee;font-weight:600}table.pairs td,table.pairs th{border-width:0 0 0.4pt;background:none}"
	"table.pairs th{width:28%;font-weight:400;color:#444}"
	".pictures{display:flex;gap:4mm;margin:3mm 0;break-inside:avoid}"
	"figure{margin:0;flex:0 1 50%;min-width:0}figure img{max-width:100%;max-height:85mm;image-orientation:none;"
	"border:0.4pt solid #999}figcaption{font-size:8pt;color:#333;white-space:pre-line}"
	".code{border:1pt solid #111;padding:3mm;margin:4mm 0;text-align:center;break-inside:avoid}"
	".code b{display:block;font:600 17pt/1.5 \"DejaVu Sans Mono\",monospace}"
	".sign{display:flex;flex-wrap:wrap;gap:0 8mm;break-inside:avoid}"
	".sign p{flex:0 0 calc(50% - 4mm);margin:14mm 0 0;border-top:0.6pt solid #111;font-size:9pt}";

/* For one page: a smaller type, and less air. */
static const char compact[] =
	"@page{margin:11mm 13mm 12mm}body{font-size:7.5pt;line-height:1.3;max-width:184mm;margin:4mm auto}"
	"h1{font-size:13pt;margin:0 0 3mm}h2,h3{font-size:9pt;margin:3mm 0 1mm}table{margin:1mm 0}"
	"th,td{padding:0.4mm 1mm}p{margin:1mm 0}.sign p{margin-top:10mm;font-size:7.5pt}";

static void put(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&#39;", out); break;
		default: fputc(*text, out);
		}
	}
}

/* @text in an element that keeps its direction of writing to itself. */
static void put_in(FILE *out, const char *element, const char *text)
{
	fprintf(out, "<%s dir=\"auto\">", element);
	put(out, text);
	fprintf(out, "</%s>", element);
}

static void put_head(FILE *out, const struct paper *paper)
{
	fprintf(out, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"%s\">\n<head>\n"
		"<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"img-src data:; style-src 'unsafe-inline'\"/>\n"
		"<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>",
		strcmp(paper->language, "zh_CN") == 0 ? "zh-CN" : paper->language);
	put(out, paper->title);
	fprintf(out, "</title>\n<style>%s%s</style>\n</head>\n<body>\n<h1>", style, paper->one_page ? compact : "");
	put(out, paper->title);
	fputs("</h1>\n", out);
}

static void put_row(FILE *out, const char *element, const struct paper_block *block, int row)
{
	fputs("<tr>", out);
	for (int i = 0; i < block->columns; i++)
		put_in(out, element, block->texts[row * block->columns + i]);
	fputs("</tr>\n", out);
}

static void put_table(FILE *out, const struct paper_block *block)
{
	int sum = 0;

	for (int i = 0; i < block->columns; i++)
		sum += block->widths[i];
	fputs("<table>\n<colgroup>", out);
	for (int i = 0; i < block->columns; i++)
		fprintf(out, "<col style=\"width:calc(100%% * %d / %d)\"/>", block->widths[i], sum);
	fputs("</colgroup>\n<thead>", out);
	put_row(out, "th", block, 0);
	fputs("</thead>\n<tbody>\n", out);
	for (int row = 1; row < block->rows; row++)
		put_row(out, "td", block, row);
	fputs("</tbody>\n</table>\n", out);
}

static bool put_picture(FILE *out, const struct paper_picture *picture, const char *caption)
{
	unsigned char *text = malloc(picture->len_bytes * 4 / 3 + 8);

	if (!text)
		return false;
	EVP_EncodeBlock(text, picture->jpeg, (int)picture->len_bytes);
	fprintf(out, "<figure><img alt=\"\" src=\"data:image/jpeg;base64,%s\"/>", text);
	put_in(out, "figcaption", caption);
	fputs("</figure>\n", out);
	free(text);
	return true;
}

static void put_pair(FILE *out, const struct paper *paper, size_t i)
{
	const struct paper_block *block = &paper->blocks[i];

	if (i == 0 || block[-1].kind != PAPER_PAIR)
		fputs("<table class=\"pairs\">\n<tbody>\n", out);
	fputs("<tr>", out);
	put_in(out, "th", block->texts[0]);
	put_in(out, "td", block->texts[1]);
	fputs("</tr>\n", out);
	if (i + 1 == paper->count || block[1].kind != PAPER_PAIR)
		fputs("</tbody>\n</table>\n", out);
}

static bool put_pictures(FILE *out, const struct paper_block *block)
{
	bool good = true;

	fputs("<div class=\"pictures\">\n", out);
	for (int i = 0; i < block->count; i++)
		good = put_picture(out, &block->pictures[i], block->texts[i]) && good;
	fputs("</div>\n", out);
	return good;
}

static bool put_block(FILE *out, const struct paper *paper, size_t i)
{
	static const char *const headings[] = { "h2", "h2", "h3", "h4" };
	const struct paper_block *block = &paper->blocks[i];

	switch (block->kind) {
	case PAPER_HEADING:
		put_in(out, headings[block->level], block->texts[0]);
		break;
	case PAPER_TEXT:
		put_in(out, "p", block->texts[0]);
		break;
	case PAPER_PAIR:
		put_pair(out, paper, i);
		break;
	case PAPER_TABLE:
		put_table(out, block);
		break;
	case PAPER_PICTURES:
		return put_pictures(out, block);
	case PAPER_CODE:
		fputs("<div class=\"code\">", out);
		put_in(out, "span", block->texts[0]);
		put_in(out, "b", block->texts[1]);
		fputs("</div>", out);
		break;
	case PAPER_SIGNATURES:
		fputs("<div class=\"sign\">\n", out);
		for (int j = 0; j < block->count; j++)
			put_in(out, "p", block->texts[j]);
		fputs("</div>", out);
		break;
	}
	fputc('\n', out);
	return true;
}

int paper_html(struct paper *paper, char **html, size_t *len_bytes, struct err *err)
{
	char *text = NULL;
	FILE *out;
	bool good = true;

	if (paper->failure.code)
		return err_set(err, paper->failure.code, "%s", paper->failure.text);
	out = open_memstream(&text, len_bytes);
	if (!out)
		return err_set(err, ERR_NOMEM, "paper \"%s\": out of memory", paper->title);
	put_head(out, paper);
	for (size_t i = 0; i < paper->count; i++)
		good = put_block(out, paper, i) && good;
	fputs("</body>\n</html>\n", out);
	good = !ferror(out) && good;
	if (fclose(out) != 0 || !good) {
		free(text);
		return err_set(err, ERR_NOMEM, "paper \"%s\": out of memory", paper->title);
	}
	*html = text;
	return 0;
}
