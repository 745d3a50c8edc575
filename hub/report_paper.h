/*
 * A report of the hub as paper (protocol/tables/paper.h): its heading, what every counted report says below, and
 * the writing in the format asked. A report says its tables and charts between the two:
 *
 *     struct paper *p = report_paper(registry, unit, _("Units not heard of"));
 *     report_paper_period(p, period);
 *     paper_table(p, …); paper_row(p, …); paper_text(p, …); …
 *     s = report_paper_write(p, format, stream);
 *     paper_free(p);
 *
 * JSON is each report's own document. One thread.
 */
#ifndef MOTCUA_HUB_REPORT_PAPER_H
#define MOTCUA_HUB_REPORT_PAPER_H

#include "hub/output.h"
#include "hub/registry.h"
#include "protocol/count.h"
#include "protocol/tables/paper.h"

/* With the unit's name and the one above it. unit is an index. NULL on no memory, which paper_status() says. */
struct paper *report_paper(const struct registry *r, int unit, const char *title);
/* The line of the period; the paper is dated by its last day. */
void report_paper_period(struct paper *p, struct period period);
/* The footnote every counted number needs: as of which day, by which rule. */
void report_paper_rule(struct paper *p, int32_t as_of, const struct count_rule *rule);
/* The footnote of what is told as it was known at an instant, as printed; nothing for NULL. */
void report_paper_known(struct paper *p, const char *as_known_at);
/* The footnote and the table of the units that were not heard of; nothing where n is 0. */
void report_paper_silent(struct paper *p, const struct registry *r, size_t n, const int *units);

/*
 * Every format but JSON, for which it is STATUS_USAGE. Nothing was written if it fails; errors of the stream are
 * the stream's.
 */
MUST_CHECK enum status report_paper_write(const struct paper *p, enum report_format format, FILE *out);

/* The same with the bare data that CSV has as its last table; a table that failed fails the writing. */
MUST_CHECK enum status report_paper_write_data(struct paper *p, const struct table *data, enum report_format format,
					       FILE *out);

#endif
