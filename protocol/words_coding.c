#include "protocol/words.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/column.h"
#include "protocol/limits.h"

/* In a pattern, the character of code 1 to 15 stands for a run of that many digits: texts hold no such controls. */
enum { RUN_MAX = 15 };

static bool is_run(uint8_t c)
{
	return c >= 1 && c <= RUN_MAX;
}

static size_t count_runs(struct slice pattern)
{
	size_t runs = 0;
	for (size_t i = 0; i < pattern.len; i++)
		runs += is_run(pattern.data[i]) ? 1 : 0;
	return runs;
}

/* The pattern of a text, and the numbers of its digit runs appended to numbers (as int64_t). */
static void take_apart(struct slice text, struct bytes *pattern, struct bytes *numbers)
{
	bytes_clear(pattern);
	for (size_t i = 0; i < text.len;) {
		int64_t number = 0;
		size_t run = 0;
		for (;
		     run < RUN_MAX && i + run < text.len && text.data[i + run] >= '0' && text.data[i + run] <= '9';
		     run++)
			number = number * 10 + (text.data[i + run] - '0');
		if (run > 0)
			bytes_put(numbers, &number, sizeof(number));
		bytes_put_u8(pattern, run > 0 ? (uint8_t)run : text.data[i]);
		i += run > 0 ? run : 1;
	}
}

/* All words of a dictionary, sorted by pattern. */
struct coding {
	struct words patterns;
	int64_t *pattern_of; /* per word */
	uint32_t *first;     /* per word: its first number in numbers */
	uint32_t *members;   /* words, those of one pattern together, in order */
	uint32_t *starts;    /* per pattern: its first place in members; one more at the end */
	struct bytes numbers;
};

static void coding_free(struct coding *c)
{
	words_free(&c->patterns);
	free(c->pattern_of);
	free(c->first);
	free(c->members);
	free(c->starts);
	bytes_free(&c->numbers);
}

static enum status code_patterns(const struct words *w, struct coding *c)
{
	enum status s = STATUS_OK;
	struct bytes pattern = bytes_new(LIMIT_TEXT + LIMIT_KEY);
	for (size_t i = 0; i < w->count && s == STATUS_OK; i++) {
		uint32_t index = 0;
		bool fresh = false;
		c->first[i] = (uint32_t)(c->numbers.len / sizeof(int64_t));
		take_apart(words_get(w, i), &pattern, &c->numbers);
		s = bytes_status(&pattern) != STATUS_OK ? bytes_status(&pattern) : bytes_status(&c->numbers);
		if (s == STATUS_OK)
			s = words_index(&c->patterns, bytes_slice(&pattern), &index, &fresh);
		c->pattern_of[i] = index;
	}
	bytes_free(&pattern);
	return s;
}

static enum status sort_by_pattern(const struct words *w, struct coding *c)
{
	c->starts = calloc(c->patterns.count + 2, sizeof(*c->starts));
	if (c->starts == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < w->count; i++)
		c->starts[c->pattern_of[i] + 2]++;
	for (size_t p = 2; p < c->patterns.count + 2; p++)
		c->starts[p] += c->starts[p - 1];
	for (size_t i = 0; i < w->count; i++)
		c->members[c->starts[c->pattern_of[i] + 1]++] = (uint32_t)i;
	return STATUS_OK;
}

static enum status put_numbers(const struct words *w, const struct coding *c, struct bytes *out)
{
	int64_t *column = calloc(w->count + 1, sizeof(*column));
	if (column == NULL)
		return STATUS_NO_MEMORY;
	size_t n_columns = 0;
	for (size_t p = 0; p < c->patterns.count; p++)
		n_columns += count_runs(words_get(&c->patterns, p));
	cbor_put_array(out, n_columns);
	for (size_t p = 0; p < c->patterns.count; p++) {
		size_t runs = count_runs(words_get(&c->patterns, p));
		size_t n = c->starts[p + 1] - c->starts[p];
		for (size_t k = 0; k < runs; k++) {
			int64_t before = 0;
			for (size_t j = 0; j < n; j++) {
				int64_t number = 0;
				uint32_t word = c->members[c->starts[p] + j];
				memcpy(&number, c->numbers.data + (c->first[word] + k) * sizeof(number),
				       sizeof(number));
				column[j] = number - before;
				before = number;
			}
			column_put(out, column, n);
		}
	}
	free(column);
	return bytes_status(out);
}

enum status words_put(const struct words *w, struct bytes *out)
{
	struct coding c = {.patterns = words_new(), .numbers = bytes_new(SIZE_MAX / 2)};
	enum status s = STATUS_NO_MEMORY;
	c.pattern_of = calloc(w->count + 1, sizeof(*c.pattern_of));
	c.first = calloc(w->count + 1, sizeof(*c.first));
	c.members = calloc(w->count + 1, sizeof(*c.members));
	if (c.pattern_of == NULL || c.first == NULL || c.members == NULL)
		goto out;
	s = code_patterns(w, &c);
	if (s == STATUS_OK)
		s = sort_by_pattern(w, &c);
	if (s != STATUS_OK)
		goto out;
	cbor_put_array(out, 3);
	cbor_put_array(out, c.patterns.count);
	for (size_t p = 0; p < c.patterns.count; p++) {
		struct slice pattern = words_get(&c.patterns, p);
		cbor_put_text(out, (const char *)pattern.data, pattern.len);
	}
	column_put(out, c.pattern_of, w->count);
	s = put_numbers(w, &c, out);
out:
	coding_free(&c);
	return s;
}

struct pattern {
	struct slice text;
	size_t runs;
	size_t members;    /* how many words have it */
	size_t numbers_at; /* where its numbers begin */
	size_t used;       /* words put together so far */
};

/* What words_take reads before it can put the words together. */
struct decoding {
	bool signless; /* whether columns may be so */
	size_t n_patterns;
	struct pattern *patterns;
	int64_t *pattern_of;
	int64_t *numbers; /* pattern by pattern, position by position, word by word */
};

static void decoding_free(struct decoding *d)
{
	free(d->patterns);
	free(d->pattern_of);
	free(d->numbers);
}

static enum status take_patterns(struct cbor *r, size_t count, size_t max_len, struct decoding *d)
{
	d->n_patterns = cbor_array(r, count);
	d->patterns = calloc(d->n_patterns + 1, sizeof(*d->patterns));
	d->pattern_of = calloc(count + 1, sizeof(*d->pattern_of));
	if (d->patterns == NULL || d->pattern_of == NULL)
		return STATUS_NO_MEMORY;
	for (size_t p = 0; p < d->n_patterns; p++) {
		d->patterns[p].text = cbor_text(r, max_len);
		d->patterns[p].runs = count_runs(d->patterns[p].text);
	}
	column_take(r, d->signless, d->pattern_of, count);
	for (size_t i = 0; i < count && cbor_status(r) == STATUS_OK; i++) {
		if (d->pattern_of[i] < 0 || (uint64_t)d->pattern_of[i] >= d->n_patterns)
			cbor_fail(r);
		else
			d->patterns[d->pattern_of[i]].members++;
	}
	return cbor_status(r);
}

static enum status take_numbers(struct cbor *r, struct decoding *d)
{
	size_t total = 0;
	size_t n_columns = 0;
	for (size_t p = 0; p < d->n_patterns; p++) {
		d->patterns[p].numbers_at = total;
		total += d->patterns[p].runs * d->patterns[p].members;
		n_columns += d->patterns[p].runs;
	}
	d->numbers = calloc(total + 1, sizeof(*d->numbers));
	if (d->numbers == NULL)
		return STATUS_NO_MEMORY;
	cbor_array_of(r, n_columns);
	int64_t *next = d->numbers;
	for (size_t p = 0; p < d->n_patterns; p++) {
		const size_t members = d->patterns[p].members;
		for (size_t k = 0; k < d->patterns[p].runs; k++, next += members) {
			column_take(r, d->signless, next, members);
			for (size_t j = 1; j < members; j++)
				next[j] = (int64_t)((uint64_t)next[j] + (uint64_t)next[j - 1]);
		}
	}
	return cbor_status(r);
}

/* Writes a number with exactly `digits` digits; false if it does not fit. */
static bool put_digits(struct bytes *out, int64_t number, uint8_t digits)
{
	char text[RUN_MAX];
	for (size_t i = digits; i > 0; i--, number /= 10) {
		if (number < 0)
			return false;
		text[i - 1] = (char)('0' + number % 10);
	}
	bytes_put(out, text, digits);
	return number == 0;
}

/* Appends the pattern's next word to out. */
static enum status put_word(const struct decoding *d, struct pattern *p, struct bytes *out)
{
	size_t number = p->numbers_at + p->used++;
	for (size_t k = 0; k < p->text.len; k++) {
		uint8_t c = p->text.data[k];
		if (!is_run(c)) {
			bytes_put_u8(out, c);
			continue;
		}
		if (!put_digits(out, d->numbers[number], c))
			return STATUS_MALFORMED;
		number += p->members;
	}
	return bytes_status(out);
}

static enum status put_together(struct decoding *d, size_t count, size_t max_len, struct words *w)
{
	struct bytes text = bytes_new(max_len);
	enum status s = STATUS_OK;
	for (size_t i = 0; i < count && s == STATUS_OK; i++) {
		bytes_clear(&text);
		s = put_word(d, &d->patterns[d->pattern_of[i]], &text);
		if (s == STATUS_OK)
			s = words_append(w, bytes_slice(&text));
	}
	bytes_free(&text);
	if (s == STATUS_OK)
		s = words_distinct(w);
	return s == STATUS_LIMIT ? STATUS_MALFORMED : s;
}

enum status words_take(struct cbor *r, bool signless, size_t count, size_t max_len, struct words *w)
{
	struct decoding d = {.signless = signless};
	cbor_array_of(r, 3);
	enum status s = cbor_status(r);
	if (s == STATUS_OK)
		s = take_patterns(r, count, max_len, &d);
	if (s == STATUS_OK)
		s = take_numbers(r, &d);
	if (s == STATUS_OK)
		s = put_together(&d, count, max_len, w);
	decoding_free(&d);
	return s;
}
