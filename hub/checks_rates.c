/* Stated rates against the counts and the rates behind them. */
#include <assert.h>
#include <string.h>

#include "hub/checks_inside.h"

enum { SCALE_LEAST = 100, SCALE_MOST = 1000000, PLACES_SHOWN = 2 };

/* Above it nothing was ever counted, and products of three such numbers stay below 63 bits. */
#define COUNT_MOST   INT64_C(100000000000)
#define PERCENT_MOST 10 /* times the whole */
/* Smaller counts, or rates with fewer digits, fit some figure by chance: one in a hundred of all is near enough. */
#define TELLING   100
#define FAR_APART (INT64_C(10) * TELLING) /* in units of the stated rate's last place */

enum status checking_rate(struct checking *c, const char *name, int unit, struct stated_rate *ret_rate)
{
	struct indicator_line line;
	int64_t missing = 0;
	enum status s = figures_indicator(c->figures, name, unit, &line, &missing);
	if (s != STATUS_OK)
		return s;
	*ret_rate = (struct stated_rate){.value = line.own.value, .scale = line.own.of};
	for (int64_t scale = SCALE_LEAST; scale <= SCALE_MOST; scale *= 10) {
		if (line.own.of_known && line.own.of == scale)
			ret_rate->known = line.own.value >= 0 && line.own.value <= PERCENT_MOST * scale;
		if (scale < ret_rate->scale)
			ret_rate->places++;
	}
	return STATUS_OK;
}

static struct finding rate_finding(const struct check *check, int unit, const struct stated_rate *rate)
{
	struct finding f = {
		.kind = FINDING_RATE, .unit = unit, .stated = rate->value, .stated_places = rate->places};
	(void)formula_figure(&check->figure, f.figure);
	return f;
}

/* part / whole in parts of scale, half a part rounded up. */
static int64_t rounded(int64_t part, int64_t whole, int64_t scale)
{
	assert(whole > 0);
	return (2 * part * scale + whole) / (2 * whole);
}

/* The denominators for which the rate of a numerator is as stated. */
static void fit_whole(const struct stated_rate *rate, int64_t part, struct finding *f)
{
	if (rate->value == 0)
		return;
	f->fits_from = 2 * part * rate->scale / (2 * rate->value + 1) + 1;
	f->fits_to = 2 * part * rate->scale / (2 * rate->value - 1);
	if (f->fits_from > f->fits_to)
		f->fits_from = f->fits_to = 0;
}

static bool some_numerator_gives(const struct stated_rate *rate, int64_t whole)
{
	if (rate->value == 0)
		return true;
	int64_t least = ((2 * rate->value - 1) * whole + 2 * rate->scale - 1) / (2 * rate->scale);
	return 2 * rate->scale * least < (2 * rate->value + 1) * whole;
}

static bool is_countable(const struct figure *f)
{
	return f->known && f->whole && f->value >= 0 && f->value <= COUNT_MOST;
}

static enum status judge_both(struct checking *c, const struct check *check, int unit,
			      const struct stated_rate *rate, int64_t part, int64_t whole)
{
	struct finding f = rate_finding(check, unit, rate);
	bool agrees = whole > 0 && rounded(part, whole, rate->scale) == rate->value;
	f.kind = agrees ? FINDING_AGREES : FINDING_RATE;
	c->report->n_checked++;
	f.computes = whole > 0;
	f.computed_places = rate->places > PLACES_SHOWN ? rate->places : PLACES_SHOWN;
	int64_t scale = SCALE_LEAST;
	for (unsigned i = 0; i < f.computed_places; i++)
		scale *= 10;
	f.computed = whole > 0 ? rounded(part, whole, scale) : 0;
	if (!agrees)
		fit_whole(rate, part, &f);
	if (f.fits_to > 0)
		checking_fit(c, check, unit, f.fits_from, f.fits_to, f.fits);
	return checking_found(c, &f);
}

/* The denominator that the rate is said to have is not known: perhaps it is another one's. */
static enum status judge_part(struct checking *c, const struct check *check, int unit,
			      const struct stated_rate *rate, int64_t part)
{
	struct finding f = rate_finding(check, unit, rate);
	f.kind = FINDING_BASE;
	if (part >= TELLING && rate->value >= TELLING)
		fit_whole(rate, part, &f);
	if (f.fits_to > 0)
		checking_fit(c, check, unit, f.fits_from, f.fits_to, f.fits);
	if (f.fits[0] == '\0')
		return checking_open(c, unit, &check->figure);
	c->report->n_checked++;
	return checking_found(c, &f);
}

static enum status judge_whole(struct checking *c, const struct check *check, int unit,
			       const struct stated_rate *rate, int64_t whole)
{
	struct finding f = rate_finding(check, unit, rate);
	f.kind = FINDING_IMPOSSIBLE;
	if (some_numerator_gives(rate, whole))
		return checking_open(c, unit, &check->figure);
	c->report->n_checked++;
	return checking_found(c, &f);
}

enum status checks_rate(struct checking *c, const struct check *check, int unit)
{
	struct stated_rate rate;
	struct figure part;
	struct figure whole;
	enum status s = checking_rate(c, check->figure.name, unit, &rate);
	if (s == STATUS_OK)
		s = figures_value(c->figures, &check->sum, unit, &part);
	if (s == STATUS_OK)
		s = figures_value(c->figures, &check->whole, unit, &whole);
	if (s != STATUS_OK)
		return s;
	bool has_part = rate.known && is_countable(&part);
	bool has_whole = rate.known && is_countable(&whole);
	if (has_part && has_whole)
		return judge_both(c, check, unit, &rate, part.value, whole.value);
	if (has_part)
		return judge_part(c, check, unit, &rate, part.value);
	if (has_whole)
		return judge_whole(c, check, unit, &rate, whole.value);
	return checking_open(c, unit, &check->figure);
}

/* Rates on one scale. Printed ones are known to half of their last place, each of its own. */
struct spread {
	int64_t n;
	int64_t scale;
	int64_t sum;
	int64_t least;
	int64_t most;
	int64_t lowest; /* twice what the least may have been before it was rounded */
	int64_t highest;
};

static struct spread spread_of(const struct stated_rate *rates, size_t n)
{
	struct spread s = {.n = (int64_t)n, .scale = SCALE_LEAST, .least = INT64_MAX, .lowest = INT64_MAX};
	for (size_t i = 0; i < n; i++)
		s.scale = rates[i].scale > s.scale ? rates[i].scale : s.scale;
	for (size_t i = 0; i < n; i++) {
		int64_t unit = s.scale / rates[i].scale;
		int64_t value = rates[i].value * unit;
		s.sum += value;
		s.least = value < s.least ? value : s.least;
		s.most = value > s.most ? value : s.most;
		s.lowest = 2 * value - unit < s.lowest ? 2 * value - unit : s.lowest;
		s.highest = 2 * value + unit > s.highest ? 2 * value + unit : s.highest;
	}
	return s;
}

static bool lies_outside(const struct stated_rate *rate, const struct spread *parts)
{
	int64_t low = (2 * rate->value - 1) * parts->scale;
	int64_t high = (2 * rate->value + 1) * parts->scale;
	return low > parts->highest * rate->scale || high < parts->lowest * rate->scale;
}

static enum finding_kind combined_kind(const struct stated_rate *rate, const struct spread *parts)
{
	int64_t whole = parts->n * parts->scale;
	int64_t below = parts->sum * rate->scale - rate->value * whole; /* the plain mean, times whole */
	int64_t apart = (parts->most - parts->least) * rate->scale / parts->scale;
	if (lies_outside(rate, parts))
		return FINDING_OUTSIDE;
	if (apart < TELLING) /* so near to each other that a weighted rate may well meet their mean */
		return FINDING_AGREES;
	if (rounded(parts->sum, whole, rate->scale) == rate->value)
		return FINDING_MEAN;
	return 2 * below == whole && apart >= FAR_APART ? FINDING_ROUNDING : FINDING_AGREES;
}

/* Whether a [rate] judges it by its counts, which say more than the rates it is made of. */
static enum status has_counts(struct checking *c, const char *name, int unit, bool *ret_has)
{
	const struct check_list *list = c->report->list;
	enum status s = STATUS_OK;
	*ret_has = false;
	for (size_t i = 0; i < list->n && s == STATUS_OK && !*ret_has; i++) {
		const struct check *check = &list->checks[i];
		struct figure part = {0};
		struct figure whole = {0};
		if (check->kind != CHECK_RATE || strcmp(check->figure.name, name) != 0)
			continue;
		s = figures_value(c->figures, &check->sum, unit, &part);
		if (s == STATUS_OK)
			s = figures_value(c->figures, &check->whole, unit, &whole);
		*ret_has = s == STATUS_OK && is_countable(&part) && is_countable(&whole);
	}
	return s;
}

static enum status judge_combined(struct checking *c, const struct check *check, int unit,
				  const struct stated_rate *rate, const struct spread *parts)
{
	struct finding f = rate_finding(check, unit, rate);
	bool counted = false;
	enum status s = has_counts(c, check->figure.name, unit, &counted);
	if (s != STATUS_OK)
		return s;
	f.kind = combined_kind(rate, parts);
	if (counted && f.kind != FINDING_OUTSIDE)
		f.kind = FINDING_AGREES;
	f.computes = true;
	f.computed_places = rate->places + 1;
	f.computed = rounded(parts->sum, parts->n * parts->scale, rate->scale * 10);
	return checking_found(c, &f);
}

enum status checks_combined(struct checking *c, const struct check *check, int unit)
{
	struct stated_rate rate;
	struct stated_rate parts[FORMULA_TERMS];
	bool known = true;
	enum status s = checking_rate(c, check->figure.name, unit, &rate);
	for (size_t i = 0; i < check->sum.n && s == STATUS_OK; i++) {
		s = checking_rate(c, check->sum.terms[i].name, unit, &parts[i]);
		known = known && s == STATUS_OK && parts[i].known;
	}
	if (s != STATUS_OK)
		return s;
	if (!rate.known || !known)
		return checking_open(c, unit, &check->figure);
	c->report->n_checked++;
	struct spread spread = spread_of(parts, check->sum.n);
	return judge_combined(c, check, unit, &rate, &spread);
}
