#include "hub/checks.h"

#include <stdlib.h>
#include <string.h>

#include "hub/checks_inside.h"

enum { FIT_LEAST = 10 /* a smaller difference meets some figure by chance */ };

enum severity finding_severity(enum finding_kind kind)
{
	static const enum severity severities[] = {
#define X(id, word, severity) [FINDING_##id] = SEVERITY_##severity,
		FINDING_TABLE(X)
#undef X
	};
	return severities[kind];
}

const char *finding_word(enum finding_kind kind)
{
	static const char *const words[] = {
#define X(id, word, severity) [FINDING_##id] = (word),
		FINDING_TABLE(X)
#undef X
	};
	return words[kind];
}

/* Room for one more element. NULL on no memory, and the array is as it was. */
static void *grown(void *array, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	size_t wanted = *cap == 0 ? 16 : 2 * *cap;
	void *larger = realloc(array, wanted * size);
	if (larger != NULL)
		*cap = wanted;
	return larger;
}

enum status checking_found(struct checking *c, const struct finding *finding)
{
	struct checks_report *report = c->report;
	if (finding->kind == FINDING_AGREES && !report->all)
		return STATUS_OK;
	struct finding *findings = grown(report->findings, report->n, &c->cap, sizeof(*findings));
	if (findings == NULL)
		return STATUS_NO_MEMORY;
	report->findings = findings;
	report->findings[report->n++] = *finding;
	return STATUS_OK;
}

enum status checking_open(struct checking *c, int unit, const struct formula_term *figure)
{
	struct checks_report *report = c->report;
	struct unchecked *unchecked =
		grown(report->unchecked, report->n_unchecked, &c->cap_unchecked, sizeof(*unchecked));
	if (unchecked == NULL)
		return STATUS_NO_MEMORY;
	report->unchecked = unchecked;
	struct unchecked *one = &report->unchecked[report->n_unchecked++];
	one->unit = unit;
	(void)formula_figure(figure, one->figure);
	return STATUS_OK;
}

static bool is_of_check(const struct check *check, enum figure_kind kind, const char *name)
{
	const struct formula *sums[] = {&check->sum, &check->whole};
	if (check->figure.kind == kind && strcmp(check->figure.name, name) == 0)
		return true;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < sums[i]->n; k++)
			if (sums[i]->terms[k].kind == kind && strcmp(sums[i]->terms[k].name, name) == 0)
				return true;
	return false;
}

static bool lies_in(int64_t value, int64_t from, int64_t to)
{
	return value >= from && value <= to;
}

/* A figure of an indicator that the unit reported itself. */
static void fit_indicator(const struct checking *c, const struct check *check, int unit, int64_t from, int64_t to,
			  char ret_text[static FIGURE_TEXT])
{
	for (size_t i = 0; i < figures_name_count(c->figures) && ret_text[0] == '\0'; i++) {
		struct formula_term term = {.kind = FIGURE_VALUE};
		struct indicator_count own = figures_own(c->figures, i, unit);
		(void)snprintf(term.name, sizeof(term.name), "%s", figures_name(c->figures, i));
		if (check_list_is_rate(c->report->list, term.name))
			continue;
		bool value =
			own.known && lies_in(own.value, from, to) && !is_of_check(check, FIGURE_VALUE, term.name);
		bool of = own.of_known && lies_in(own.of, from, to) && !is_of_check(check, FIGURE_OF, term.name);
		term.kind = value ? FIGURE_VALUE : FIGURE_OF;
		if (value || of)
			(void)formula_figure(&term, ret_text);
	}
}

void checking_fit(const struct checking *c, const struct check *check, int unit, int64_t from, int64_t to,
		  char ret_text[static FIGURE_TEXT])
{
	ret_text[0] = '\0';
	fit_indicator(c, check, unit, from, to, ret_text);
	const struct cells *cells = figures_cells(c->figures, unit);
	for (int i = 0; i < formula_count_total() && ret_text[0] == '\0'; i++) {
		struct formula_term term = {.kind = FIGURE_DOSSIERS, .count = i};
		(void)snprintf(term.name, sizeof(term.name), "%s", formula_count_name(i));
		if (lies_in(formula_count_value(cells, i), from, to) &&
		    !is_of_check(check, FIGURE_DOSSIERS, term.name))
			(void)formula_figure(&term, ret_text);
	}
}

/* --- what every report must fulfil --- */

static enum status check_gap(struct checking *c, int unit)
{
	const struct cells *cells = figures_own_cells(c->figures, unit);
	struct finding f = {.kind = FINDING_GAP,
			    .unit = unit,
			    .figure = "dossiers.total_in",
			    .stated = cells_total_in(cells),
			    .computed = cells->done + cells->open,
			    .computes = true};
	c->report->n_checked += cells_total_in(cells) > 0 ? 1 : 0;
	return cells_gap(cells) == 0 ? STATUS_OK : checking_found(c, &f);
}

/* How many leaf units below did not report, nor anybody between: the sum lacks them. */
static enum status missing_below(struct checking *c, const char *name, int unit, int64_t *ret_missing)
{
	enum status s = STATUS_OK;
	*ret_missing = 0;
	for (int i = 0; i < registry_unit_count(c->registry) && s == STATUS_OK; i++) {
		struct indicator_line line;
		int64_t missing = 0;
		if (!unit_map_is_line(figures_map(c->figures), i) || figures_map(c->figures)->parent[i] != unit)
			continue;
		s = figures_indicator(c->figures, name, i, &line, &missing);
		*ret_missing += missing;
	}
	return s;
}

static enum status found_children(struct checking *c, const struct indicator_line *line, enum figure_kind kind,
				  const char *name, bool complete)
{
	struct formula_term term = {.kind = kind};
	bool of = kind == FIGURE_OF;
	int64_t own = of ? line->own.of : line->own.value;
	int64_t sum = of ? line->children.of : line->children.value;
	if (own > sum && !complete)
		return STATUS_OK;
	struct finding f = {.kind = own == sum ? FINDING_AGREES : FINDING_CHILDREN,
			    .unit = line->unit,
			    .stated = own,
			    .computed = sum,
			    .computes = true};
	(void)snprintf(term.name, sizeof(term.name), "%s", name);
	(void)formula_figure(&term, f.figure);
	return checking_found(c, &f);
}

static enum status check_children(struct checking *c, const struct indicator_line *line, const char *name)
{
	int64_t missing = 0;
	if (!line->own.known || !line->children.known || check_list_is_rate(c->report->list, name) ||
	    check_list_names(c->report->list, CHECK_NOT_ADDED, name))
		return STATUS_OK;
	enum status s = missing_below(c, name, line->unit, &missing);
	c->report->n_checked++;
	if (s == STATUS_OK)
		s = found_children(c, line, FIGURE_VALUE, name, missing == 0);
	if (s == STATUS_OK && line->own.of_known && line->children.of_known)
		s = found_children(c, line, FIGURE_OF, name, missing == 0);
	return s;
}

static enum status check_indicator(struct checking *c, int unit, const char *name)
{
	struct indicator_line line;
	int64_t missing = 0;
	enum status s = figures_indicator(c->figures, name, unit, &line, &missing);
	if (s != STATUS_OK || !line.own.known)
		return s;
	struct finding f = {.kind = FINDING_ABOVE,
			    .unit = unit,
			    .stated = line.own.value,
			    .computed = line.own.of,
			    .computes = true};
	(void)snprintf(f.figure, sizeof(f.figure), "%s", name);
	c->report->n_checked += line.own.of_known ? 1 : 0;
	if (line.own.of_known && line.own.value > line.own.of &&
	    !check_list_names(c->report->list, CHECK_ALLOW_ABOVE, name))
		s = checking_found(c, &f);
	return s == STATUS_OK ? check_children(c, &line, name) : s;
}

/* --- what is declared --- */

static enum finding_kind judge_sum(enum check_kind kind, int64_t stated, int64_t sum)
{
	if (stated == sum || (kind == CHECK_PART && stated < sum))
		return FINDING_AGREES;
	if (kind == CHECK_PART)
		return FINDING_ABOVE;
	return kind == CHECK_SAME ? FINDING_SAME : FINDING_TOTAL;
}

static enum status found_sum(struct checking *c, const struct check *check, int unit, int64_t stated, int64_t sum)
{
	struct finding f = {.kind = judge_sum(check->kind, stated, sum),
			    .unit = unit,
			    .stated = stated,
			    .computed = sum,
			    .computes = true};
	int64_t off = stated > sum ? stated - sum : sum - stated;
	(void)formula_figure(&check->figure, f.figure);
	c->report->n_checked++;
	if (f.kind == FINDING_TOTAL && off >= FIT_LEAST)
		checking_fit(c, check, unit, off, off, f.fits);
	return checking_found(c, &f);
}

static enum status check_sum(struct checking *c, const struct check *check, int unit)
{
	const struct formula left = {.n = 1, .terms = {check->figure}};
	struct figure stated = {0};
	struct figure sum = {0};
	enum status s = figures_value(c->figures, &left, unit, &stated);
	if (s == STATUS_OK)
		s = figures_value(c->figures, &check->sum, unit, &sum);
	if (s != STATUS_OK || !stated.known || !(stated.own || sum.own))
		return s;
	if (!sum.known || !sum.whole || !stated.whole)
		return checking_open(c, unit, &check->figure);
	return found_sum(c, check, unit, stated.value, sum.value);
}

/* A rate is checked where it is stated: what units below state cannot be added up. */
static enum status check_rates(struct checking *c, const struct check *check, int unit)
{
	struct indicator_line line;
	int64_t missing = 0;
	enum status s = figures_indicator(c->figures, check->figure.name, unit, &line, &missing);
	if (s != STATUS_OK || !line.own.known)
		return s;
	return check->kind == CHECK_RATE ? checks_rate(c, check, unit) : checks_combined(c, check, unit);
}

static enum status check_declared(struct checking *c, const struct check *check, int unit)
{
	switch (check->kind) {
	case CHECK_TOTAL:
	case CHECK_PART:
	case CHECK_SAME:
		return check_sum(c, check, unit);
	case CHECK_RATE:
	case CHECK_COMBINED:
		return check_rates(c, check, unit);
	case CHECK_ALLOW_ABOVE:
	case CHECK_NOT_ADDED:
		break;
	}
	return STATUS_OK;
}

/* A unit of the day, or what cannot be divided among them, at or below the one asked for. */
static bool is_asked(const struct checking *c, int unit)
{
	const struct unit_map *map = figures_map(c->figures);
	return unit_map_is_line(map, unit) && unit_map_covers(map, c->report->unit, unit);
}

/* One indicator at every unit that reported it; what that takes is given back at once. */
static enum status check_name(struct checking *c, size_t index)
{
	const char *name = figures_name(c->figures, index);
	enum status s = STATUS_OK;
	for (int i = 0; i < registry_unit_count(c->registry) && s == STATUS_OK; i++)
		if (is_asked(c, i))
			s = check_indicator(c, i, name);
	figures_forget(c->figures, index);
	return s;
}

static enum status check_all(struct checking *c)
{
	enum status s = STATUS_OK;
	for (int i = 0; i < registry_unit_count(c->registry) && s == STATUS_OK; i++) {
		if (!is_asked(c, i))
			continue;
		s = check_gap(c, i);
		for (size_t k = 0; k < c->report->list->n && s == STATUS_OK; k++)
			s = check_declared(c, &c->report->list->checks[k], i);
	}
	for (size_t i = 0; i < figures_name_count(c->figures) && s == STATUS_OK; i++)
		s = check_name(c, i);
	return s;
}

/* Units stand in the order of their codes. */
static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = a;
	const struct finding *y = b;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	int order = strcmp(x->figure, y->figure);
	return order != 0 ? order : (x->computed > y->computed) - (x->computed < y->computed);
}

enum status checks_compute(struct database *db, const struct registry *r, const struct checks_query *query,
			   struct checks_report *ret_report)
{
	struct checks_report report = {
		.list = query->list, .period = query->figures.period, .unit = query->unit, .all = query->all};
	struct checking c = {.registry = r, .report = &report};
	enum status s = figures_read(db, r, &query->figures, &c.figures);
	if (s != STATUS_OK)
		return s;
	report.as_of = figures_as_of(c.figures);
	report.unit = figures_map(c.figures)->place[query->unit];
	s = check_all(&c);
	figures_free(c.figures);
	if (report.n > 0)
		qsort(report.findings, report.n, sizeof(*report.findings), compare_findings);
	if (s == STATUS_OK)
		*ret_report = report;
	else
		checks_clear(&report);
	return s;
}

void checks_clear(struct checks_report *report)
{
	if (report == NULL)
		return;
	free(report->findings);
	free(report->unchecked);
	report->findings = NULL;
	report->unchecked = NULL;
	report->n = report->n_unchecked = 0;
}

size_t checks_count(const struct checks_report *report, enum severity severity)
{
	size_t n = 0;
	for (size_t i = 0; i < report->n; i++)
		n += finding_severity(report->findings[i].kind) == severity ? 1 : 0;
	return n;
}
