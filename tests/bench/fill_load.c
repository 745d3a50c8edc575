#include "fill_load.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	HOUR_MS = 3600 * 1000,
	DAY_MS = 24 * HOUR_MS,
	ALLOWED_MAX = 20,
	/* Twenty working days are four weeks, some take a third longer, and then they lie until fetched. */
	HORIZON_DAYS = 40,
	PROCEDURES = 80,
	EVENTS = 3
};

enum event_kind { EVENT_ACCEPTED, EVENT_DONE, EVENT_RETURNED };

struct event {
	int64_t at;
	int32_t day; /* of the dossier */
	int number;
	enum event_kind kind;
};

/* What is drawn for one dossier. */
struct dossier {
	uint64_t dice;
	int procedure;
	int64_t at[EVENTS];
	int64_t due;
	bool ends;
};

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9E3779B97F4A7C15);
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

/* One of n; the dice move on. */
static int64_t draw(uint64_t *dice, int64_t n)
{
	*dice = mix(*dice);
	return (int64_t)(*dice >> 33) % n;
}

int32_t fill_first_day(void)
{
	return date_from(2023, 1, 2);
}

void fill_unit(int device, char out[static FILL_UNIT])
{
	if (device < FILL_COMMUNES)
		(void)snprintf(out, FILL_UNIT, "%05d", 1000 + device);
	else
		(void)snprintf(out, FILL_UNIT, "S%02d", device - FILL_COMMUNES);
}

/* As load.py draws it: most within their time, two in a hundred late, five in a hundred still open. */
static struct dossier dossier_of(int device, int32_t day, int number)
{
	static const int allowed[] = {0, 1, 1, 2, 3, 3, 5, 7, 10, 15, ALLOWED_MAX};
	struct dossier d = {.dice = mix(mix((uint64_t)device << 32 | (uint32_t)day) + (uint64_t)number)};
	d.procedure = (int)(draw(&d.dice, PROCEDURES) * draw(&d.dice, PROCEDURES) / PROCEDURES);
	int days = allowed[d.procedure % (int)(sizeof(allowed) / sizeof(allowed[0]))];
	d.at[EVENT_ACCEPTED] = date_start(day) + 7 * HOUR_MS + draw(&d.dice, 9 * 3600) * 1000;
	d.due = date_start(day + days * 7 / 5) + 17 * HOUR_MS;
	int64_t span = d.due - d.at[EVENT_ACCEPTED] < HOUR_MS ? HOUR_MS : d.due - d.at[EVENT_ACCEPTED];
	int64_t percent = draw(&d.dice, 50) == 0 ? 100 + draw(&d.dice, 30) : draw(&d.dice, 45) + draw(&d.dice, 45);
	d.at[EVENT_DONE] = d.at[EVENT_ACCEPTED] + span / 100 * percent + 1000;
	d.at[EVENT_RETURNED] = d.at[EVENT_DONE] + draw(&d.dice, 100) * draw(&d.dice, 100) * 3000;
	d.ends = draw(&d.dice, 100) < 95;
	return d;
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a;
	const struct event *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

static void say_accepted(struct change *c, const struct dossier *d, const char *unit)
{
	static const char *const domains[] = {"Hộ tịch",        "Chứng thực", "Đất đai",    "Người có công",
					      "Bảo trợ xã hội", "Giáo dục",   "Xây dựng",   "Môi trường",
					      "Đường bộ",       "Lao động",   "Nông nghiệp"};
	static const char *const procedures[] = {"1.000656", "2.000815", "1.004193", "2.000635", "1.001193",
						 "1.000894", "2.000884", "1.004873", "1.012756", "1.010833"};
	uint64_t dice = mix(d->dice);
	int64_t channel = draw(&dice, 100);
	change_set_text(c, FIELD_UNIT, slice_str(unit));
	change_set_text(c, FIELD_PROCEDURE,
			slice_str(procedures[d->procedure % (int)(sizeof(procedures) / sizeof(procedures[0]))]));
	change_set_text(c, FIELD_DOMAIN,
			slice_str(domains[d->procedure % (int)(sizeof(domains) / sizeof(domains[0]))]));
	change_set_number(c, FIELD_CHANNEL,
			  channel < 75   ? CHANNEL_ONLINE
			  : channel < 98 ? CHANNEL_COUNTER
					 : CHANNEL_POSTAL);
	change_set_number(c, FIELD_STATUS, DOSSIER_ACCEPTED);
	change_set_number(c, FIELD_RECEIVED_AT, d->at[EVENT_ACCEPTED]);
	change_set_number(c, FIELD_DUE_AT, d->due);
	if (draw(&dice, 5) > 0)
		change_set_number(c, FIELD_INPUT_DIGITISED, 1);
}

static void say_done(struct change *c, const struct dossier *d)
{
	static const int64_t fees[] = {0, 5000, 8000, 10000, 20000, 50000};
	uint64_t dice = mix(d->dice + EVENT_DONE);
	change_set_number(c, FIELD_STATUS, DOSSIER_DONE);
	change_set_number(c, FIELD_FINISHED_AT, d->at[EVENT_DONE]);
	if (draw(&dice, 10) < 7)
		change_set_number(c, FIELD_RESULT_DIGITISED, 1);
	if (draw(&dice, 2) == 0)
		return;
	change_set_number(c, FIELD_FEE, fees[draw(&dice, sizeof(fees) / sizeof(fees[0]))]);
	change_set_number(c, FIELD_PAID, draw(&dice, 2) == 0 ? PAID_COUNTER : PAID_ONLINE);
}

static void say_returned(struct change *c, const struct dossier *d)
{
	static const int64_t ratings[] = {5, 5, 5, 5, 5, 5, 5, 4, 4, 3};
	uint64_t dice = mix(d->dice + EVENT_RETURNED);
	change_set_number(c, FIELD_STATUS, DOSSIER_RETURNED);
	change_set_number(c, FIELD_RETURNED_AT, d->at[EVENT_RETURNED]);
	if (draw(&dice, 10) < 3)
		change_set_number(c, FIELD_RATING, ratings[draw(&dice, sizeof(ratings) / sizeof(ratings[0]))]);
}

static void say(struct fill_day *day, struct fill_change *said, int device, const struct event *e)
{
	int year = 0;
	int month = 0;
	int of_month = 0;
	const struct dossier d = dossier_of(device, e->day, e->number);
	date_split(e->day, &year, &month, &of_month);
	(void)snprintf(said->code, sizeof(said->code), "000.00.%03d.H06-%02d%02d%02d-%04d", device, year % 100,
		       month, of_month, e->number);
	said->change = change_new(KIND_DOSSIER);
	said->change.key = slice_str(said->code);
	said->change.time_stated = true;
	said->change.changed_at = e->at;
	if (e->kind == EVENT_ACCEPTED)
		say_accepted(&said->change, &d, day->unit);
	else if (e->kind == EVENT_DONE)
		say_done(&said->change, &d);
	else
		say_returned(&said->change, &d);
}

/* What happens on a day to a dossier. */
static size_t events_of(int device, int32_t dossier_day, int number, int32_t day, struct event *events)
{
	const struct dossier d = dossier_of(device, dossier_day, number);
	size_t n = 0;
	for (int kind = EVENT_ACCEPTED; kind < (d.ends ? EVENTS : EVENT_DONE); kind++)
		if (date_of(d.at[kind]) == day)
			events[n++] = (struct event){.at = d.at[kind],
						     .day = dossier_day,
						     .number = number,
						     .kind = (enum event_kind)kind};
	return n;
}

void fill_load(int device, int32_t day, struct fill_day *ret_day)
{
	struct event events[FILL_DAY_MAX];
	size_t n = 0;
	int32_t today = fill_first_day() + day;
	for (int32_t back = day < HORIZON_DAYS ? day : HORIZON_DAYS; back >= 0; back--)
		for (int number = 0; number < FILL_A_DAY && n < FILL_DAY_MAX - EVENTS; number++)
			n += events_of(device, today - back, number, today, events + n);
	qsort(events, n, sizeof(events[0]), by_time);
	fill_unit(device, ret_day->unit);
	ret_day->count = n;
	for (size_t i = 0; i < n; i++)
		say(ret_day, &ret_day->changes[i], device, &events[i]);
}
