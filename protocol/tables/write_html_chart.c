/*
 * Charts as pictures in the page (SVG 1.1, positions in percent, so that they stretch while their lines and
 * letters do not), each with its numbers in words beside it.
 */
#include "protocol/tables/html_parts.h"

#include <inttypes.h>

enum { LABELS = 4 /* below a flow: more do not fit on a telephone */ };

static const char *const TONES[] = {[PAPER_PLAIN] = "plain",
				    [PAPER_GOOD] = "good",
				    [PAPER_WATCH] = "watch",
				    [PAPER_BAD] = "bad",
				    [PAPER_UNKNOWN] = "unknown"};

static int64_t greatest_of(const struct paper *p, const struct paper_block *c, size_t series, size_t *ret_at)
{
	int64_t greatest = 0;
	*ret_at = 0;
	for (size_t i = 0; i < c->n_points; i++) {
		int64_t value = paper_point_at(p, c, i)->values[series];
		if (value <= greatest)
			continue;
		greatest = value;
		*ret_at = i;
	}
	return greatest;
}

static int64_t sum_of(const struct paper *p, const struct paper_block *c, size_t series)
{
	int64_t sum = 0;
	for (size_t i = 0; i < c->n_points; i++)
		sum += paper_point_at(p, c, i)->values[series];
	return sum;
}

/* The least of 2, 4, 10, 20, 40, 100, … that is not below: half of it is a whole number too. */
static int64_t round_up(int64_t value)
{
	int64_t step = 2;
	for (int i = 0; step < value && step < INT64_MAX / 10; i++)
		step = i % 3 == 1 ? step / 4 * 10 : step * 2;
	return step;
}

/* --- flow --- */

static void put_legend(const struct paper *p, const struct paper_block *c, FILE *out)
{
	(void)fputs("<ul class=\"legend\">", out);
	for (size_t i = 0; i < c->n_series; i++) {
		size_t at = 0;
		int64_t greatest = greatest_of(p, c, i, &at);
		(void)fprintf(out, "<li><span class=\"key s%zu\"></span><b class=\"name\">", i);
		html_text(out, paper_string_or_empty(p, c->series[i]));
		html_element(out, "</b>: ", p->words.total, " ");
		html_count(p, out, sum_of(p, c, i));
		if (greatest > 0) {
			html_element(out, ", ", p->words.greatest, " ");
			html_count(p, out, greatest);
			html_element(out, " (", paper_string_or_empty(p, paper_point_at(p, c, at)->label), ")");
		}
		(void)fputs("</li>", out);
	}
	(void)fputs("</ul>\n", out);
}

/* The columns of one point side by side, with a thin space around them. */
static void put_columns(const struct paper *p, const struct paper_block *c, size_t point, int64_t top, FILE *out)
{
	enum { PARTS = 20 };
	const struct paper_point_part *at = paper_point_at(p, c, point);
	int64_t width = (int64_t)c->n_points * PARTS;
	int64_t each = (PARTS - 4) / (c->n_series > 0 ? (int64_t)c->n_series : 1);
	(void)fputs("<g><title>", out);
	html_text(out, paper_string_or_empty(p, at->label));
	for (size_t i = 0; i < c->n_series; i++) {
		html_element(out, i == 0 ? ": " : ", ", paper_string_or_empty(p, c->series[i]), " ");
		html_count(p, out, at->values[i]);
	}
	(void)fputs("</title>", out);
	for (size_t i = 0; i < c->n_series; i++) {
		(void)fprintf(out, "<rect class=\"s%zu\" x=\"", i);
		html_percent(out, (int64_t)point * PARTS + 2 + (int64_t)i * each, width);
		(void)fputs("\" width=\"", out);
		html_percent(out, each, width);
		(void)fputs("\" y=\"", out);
		html_percent(out, top - at->values[i], top);
		(void)fputs("\" height=\"", out);
		html_percent(out, at->values[i], top);
		(void)fputs("\"/>", out);
	}
	(void)fputs("</g>\n", out);
}

static void put_axis(const struct paper *p, const struct paper_block *c, FILE *out)
{
	size_t last = c->n_points - 1;
	size_t labels = last < LABELS ? last + 1 : LABELS;
	(void)fputs("<div class=\"below\">", out);
	for (size_t i = 0; i < labels; i++) {
		size_t at = labels == 1 ? 0 : i * last / (labels - 1);
		html_element(out, "<span>", paper_string_or_empty(p, paper_point_at(p, c, at)->label), "</span>");
	}
	(void)fputs("</div>", out);
}

static void put_flow(const struct paper *p, const struct paper_block *c, size_t number, FILE *out)
{
	int64_t top = 0;
	for (size_t i = 0; i < c->n_series; i++) {
		size_t at = 0;
		int64_t greatest = greatest_of(p, c, i, &at);
		top = greatest > top ? greatest : top;
	}
	top = round_up(top);
	put_legend(p, c, out);
	(void)fputs("<div class=\"flow\"><div class=\"scale\" aria-hidden=\"true\"><span>", out);
	html_count(p, out, top);
	(void)fputs("</span><span>", out);
	html_count(p, out, top / 2);
	(void)fprintf(out, "</span><span>0</span></div>\n<svg role=\"img\" aria-labelledby=\"c%zu\">\n", number);
	for (int i = 0; i <= 2; i++)
		(void)fprintf(out, "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%d%%\" y2=\"%d%%\"/>\n", i * 50,
			      i * 50);
	for (size_t i = 0; i < c->n_points; i++)
		put_columns(p, c, i, top, out);
	(void)fputs("</svg>\n", out);
	put_axis(p, c, out);
	(void)fputs("</div>\n", out);
}

/* --- bars --- */

static void put_bar(const struct paper *p, const struct paper_block *c, const struct paper_point_part *at,
		    int64_t whole, FILE *out)
{
	char text[PAPER_NUMBER];
	html_element(out, "<li><span class=\"name\">", paper_string_or_empty(p, at->label), "</span>");
	(void)fputs("<svg class=\"bar\" aria-hidden=\"true\"><rect class=\"track\" width=\"100%\" height=\"100%\"/>"
		    "<rect class=\"",
		    out);
	(void)fprintf(out, "%s\" height=\"100%%\" width=\"", TONES[at->tone]);
	html_percent(out, at->values[0], whole);
	(void)fputs("\"/></svg><span class=\"value\"><b>", out);
	if (c->chart != PAPER_RANKING) {
		html_count(p, out, at->values[0]);
		(void)fputs("</b></span></li>\n", out);
		return;
	}
	(void)fprintf(out, "%s</b> <small>", paper_format_rate(&p->words, at->values[0], at->values[1], text));
	html_count(p, out, at->values[0]);
	(void)fputc('/', out);
	html_count(p, out, at->values[1]);
	(void)fputs("</small></span></li>\n", out);
}

static void put_bars(const struct paper *p, const struct paper_block *c, FILE *out)
{
	size_t at = 0;
	int64_t greatest = greatest_of(p, c, 0, &at);
	(void)fputs("<ul class=\"bars\">\n", out);
	for (size_t i = 0; i < c->n_points; i++) {
		const struct paper_point_part *point = paper_point_at(p, c, i);
		put_bar(p, c, point, c->chart == PAPER_RANKING ? point->values[1] : greatest, out);
	}
	(void)fputs("</ul>\n", out);
}

/* --- parts of a whole --- */

/* Hatching, dots and plain areas stay apart where there is no colour. */
static void put_patterns(size_t number, FILE *out)
{
	(void)fprintf(out,
		      "<defs><pattern id=\"h%zu\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\""
		      " patternTransform=\"rotate(45)\"><rect class=\"unknown\" width=\"8\" height=\"8\"/>"
		      "<rect class=\"gap\" width=\"3\" height=\"8\"/></pattern>",
		      number);
	(void)fprintf(out,
		      "<pattern id=\"d%zu\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
		      "<rect class=\"watch\" width=\"8\" height=\"8\"/><circle class=\"gap\" cx=\"4\" cy=\"4\" "
		      "r=\"1.5\"/>"
		      "</pattern></defs>",
		      number);
}

static void put_fill(enum paper_tone tone, size_t number, FILE *out)
{
	if (tone == PAPER_UNKNOWN)
		(void)fprintf(out, " fill=\"url(#h%zu)\"", number);
	else if (tone == PAPER_WATCH)
		(void)fprintf(out, " fill=\"url(#d%zu)\"", number);
	else
		(void)fprintf(out, " class=\"%s\"", TONES[tone]);
}

static void put_parts(const struct paper *p, const struct paper_block *c, size_t number, FILE *out)
{
	int64_t sum = sum_of(p, c, 0);
	int64_t before = 0;
	char text[PAPER_NUMBER];
	(void)fprintf(out, "<svg class=\"parts\" role=\"img\" aria-labelledby=\"c%zu\">", number);
	put_patterns(number, out);
	for (size_t i = 0; i < c->n_points; i++) {
		const struct paper_point_part *at = paper_point_at(p, c, i);
		(void)fputs("<rect height=\"100%\" x=\"", out);
		html_percent(out, before, sum);
		(void)fputs("\" width=\"", out);
		html_percent(out, at->values[0], sum);
		(void)fputc('"', out);
		put_fill(at->tone, number, out);
		(void)fputs("/>", out);
		before += at->values[0];
	}
	(void)fputs("</svg>\n<ul class=\"legend\">", out);
	for (size_t i = 0; i < c->n_points; i++) {
		const struct paper_point_part *at = paper_point_at(p, c, i);
		(void)fputs("<li><svg class=\"key\" aria-hidden=\"true\"><rect width=\"100%\" height=\"100%\"",
			    out);
		put_fill(at->tone, number, out);
		html_element(out, "/></svg><span class=\"name\">", paper_string_or_empty(p, at->label),
			     "</span>: <b>");
		html_count(p, out, at->values[0]);
		(void)fprintf(out, "</b> (%s)</li>", paper_format_rate(&p->words, at->values[0], sum, text));
	}
	(void)fputs("</ul>\n", out);
}

/* Parts of nothing and bars of nobody are no picture. */
static bool has_picture(const struct paper *p, const struct paper_block *c)
{
	return c->n_points > 0 && c->n_series > 0 && (c->chart != PAPER_PARTS || sum_of(p, c, 0) > 0);
}

void html_chart(const struct paper *p, const struct paper_block *c, size_t number, FILE *out)
{
	if (!has_picture(p, c))
		return;
	(void)fprintf(out, "<figure class=\"chart\"><figcaption><h2 id=\"c%zu\">", number);
	html_text(out, paper_string_or_empty(p, c->title));
	(void)fputs("</h2></figcaption>\n", out);
	switch (c->chart) {
	case PAPER_FLOW:
		put_flow(p, c, number, out);
		break;
	case PAPER_RANKING:
	case PAPER_AMOUNTS:
		put_bars(p, c, out);
		break;
	case PAPER_PARTS:
		put_parts(p, c, number, out);
		break;
	}
	html_element(out, "<p class=\"remark\">", paper_string(p, c->remark), "</p>\n");
	(void)fputs("</figure>\n", out);
}
