#include "protocol/tables/html_parts.h"

#include <inttypes.h>

void html_count(const struct paper *p, FILE *out, int64_t value)
{
	char text[PAPER_NUMBER];
	(void)fputs(paper_format_count(&p->words, value, text), out);
}

void html_percent(FILE *out, int64_t part, int64_t of)
{
	enum { THOUSANDTHS = 100000 };
	int64_t share = of <= 0 ? 0 : (int64_t)((double)part * THOUSANDTHS / (double)of);
	(void)fprintf(out, "%" PRId64 ".%03d%%", share / 1000, (int)(share % 1000));
}
