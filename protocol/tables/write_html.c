#include "protocol/tables/html_parts.h"

enum { WIDE_TABLE = 8 /* columns: from there the paper lies across */ };

static const char *line_of(const struct paper *p, enum paper_line line)
{
	return paper_string(p, p->lines[line]);
}

static const char *title_of(const struct paper *p)
{
	const char *title = line_of(p, PAPER_TITLE);
	return title != NULL ? title : p->words.untitled;
}

static bool is_wide(const struct paper *p)
{
	for (size_t i = 0; i < p->blocks.n; i++) {
		const struct paper_block *block = paper_block_at(p, i);
		if (block->kind == PAPER_BLOCK_TABLE && block->use != PAPER_DATA && block->n_columns >= WIDE_TABLE)
			return true;
	}
	return false;
}

/* Should markup ever slip in, it finds no right to run or to load anything. */
static void put_head(const struct paper *p, FILE *out)
{
	(void)fprintf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
		      p->words.language);
	(void)fputs("<meta http-equiv=\"Content-Security-Policy\""
		    " content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
		    out);
	html_text(out, title_of(p));
	html_element(out, " – ", line_of(p, PAPER_OFFICE), "");
	(void)fprintf(out, "</title>\n<style>\n@page { size: A4 %s }\n", is_wide(p) ? "landscape" : "portrait");
	for (size_t i = 0; HTML_STYLE[i] != NULL; i++)
		(void)fputs(HTML_STYLE[i], out);
	(void)fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

static void put_heading(const struct paper *p, FILE *out)
{
	(void)fputs("<header>\n<div class=\"sides\"><div>", out);
	html_element(out, "<p>", line_of(p, PAPER_ABOVE), "</p>");
	html_element(out, "<p class=\"strong\">", line_of(p, PAPER_OFFICE), "</p>");
	(void)fputs("</div><div>", out);
	html_element(out, "<p class=\"strong\">", p->words.nation, "</p>");
	html_element(out, "<p class=\"strong\">", p->words.motto, "</p>");
	(void)fputs("</div></div>\n", out);
	html_element(out, "<p class=\"form\">", line_of(p, PAPER_FORM), "</p>\n");
	html_element(out, "<h1>", title_of(p), "</h1>\n");
	html_element(out, "<p class=\"period\">", line_of(p, PAPER_PERIOD), "</p>\n");
	html_element(out, "<p class=\"period\">", line_of(p, PAPER_PARTIES), "</p>\n");
	(void)fputs("<div class=\"small\"><p>", out);
	if (line_of(p, PAPER_CODE) != NULL)
		html_element(out, "", p->words.code, "");
	html_element(out, "", line_of(p, PAPER_CODE), "");
	html_element(out, "</p><p>", line_of(p, PAPER_UNIT), "");
	(void)fputs("</p></div>\n", out);
	(void)fputs("</header>\n", out);
}

static void put_notes(const struct paper *p, FILE *out)
{
	if (p->notes.n == 0)
		return;
	html_element(out, "<section class=\"notes\"><h2>", p->words.notes, "</h2>\n<ul>\n");
	for (size_t i = 0; i < p->notes.n; i++)
		html_element(out, "<li>", paper_note_at(p, i), "</li>\n");
	(void)fputs("</ul></section>\n", out);
}

static void put_signatures(const struct paper *p, FILE *out)
{
	(void)fputs("<section class=\"signatures\">\n", out);
	for (int i = 0; i < PAPER_SIGNERS; i++) {
		(void)fputs("<div>", out);
		html_element(out, "<p class=\"dated\">", i + 1 < PAPER_SIGNERS ? "" : p->words.dated, "</p>");
		html_element(out, "<p class=\"strong\">", p->words.signers[i], "</p>");
		html_element(out, "<p>", p->words.signing[i], "</p></div>\n");
	}
	(void)fputs("</section>\n", out);
}

static void put_figure(const struct paper *p, const struct paper_block *block, FILE *out)
{
	static const char *const tones[] = {[PAPER_PLAIN] = "plain",
					    [PAPER_GOOD] = "good",
					    [PAPER_WATCH] = "watch",
					    [PAPER_BAD] = "bad",
					    [PAPER_UNKNOWN] = "unknown"};
	const struct paper_cell *figure = &block->figure;
	char text[PAPER_NUMBER];
	(void)fprintf(out, "<div class=\"figure %s\">", tones[block->tone]);
	html_element(out, "<dt>", paper_string_or_empty(p, block->title), "</dt><dd>");
	if (figure->kind == PAPER_RATE) {
		(void)fputs(paper_format_rate(&p->words, figure->value, figure->of, text), out);
		(void)fputs("</dd><dd class=\"note\">", out);
		html_count(p, out, figure->value);
		html_element(out, " ", p->words.of, " ");
		html_count(p, out, figure->of);
	} else {
		html_count(p, out, figure->value);
		html_element(out, "</dd><dd class=\"note\">", paper_string(p, block->note), "");
	}
	(void)fputs("</dd></div>\n", out);
}

/* Neighbours stand in one line. */
static void put_figures(const struct paper *p, size_t *i, FILE *out)
{
	(void)fputs("<dl class=\"figures\">\n", out);
	for (; *i < p->blocks.n && paper_block_at(p, *i)->kind == PAPER_BLOCK_FIGURE; ++*i)
		put_figure(p, paper_block_at(p, *i), out);
	(void)fputs("</dl>\n", out);
	--*i;
}

/* Notes belong above the signatures, where there are some. */
static bool put_blocks(const struct paper *p, FILE *out)
{
	bool noted = false;
	for (size_t i = 0; i < p->blocks.n; i++) {
		const struct paper_block *block = paper_block_at(p, i);
		switch (block->kind) {
		case PAPER_BLOCK_TABLE:
			if (block->use != PAPER_DATA)
				html_table(p, block, i, out);
			break;
		case PAPER_BLOCK_CHART:
			html_chart(p, block, i, out);
			break;
		case PAPER_BLOCK_FIGURE:
			put_figures(p, &i, out);
			break;
		case PAPER_BLOCK_SIGNATURES:
			if (!noted)
				put_notes(p, out);
			noted = true;
			put_signatures(p, out);
			break;
		}
	}
	return noted;
}

enum status paper_print_html(const struct paper *p, FILE *out)
{
	enum status s = paper_status(p);
	if (s != STATUS_OK)
		return s;
	put_head(p, out);
	put_heading(p, out);
	if (!put_blocks(p, out))
		put_notes(p, out);
	(void)fputs("</main>\n</body>\n</html>\n", out);
	return s;
}
