#include "protocol/tables/paper_parts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cbor.h"

enum { NOTE_TEXT = 1024 };

static bool is_sound(const struct paper *p)
{
	return p != NULL && bytes_status(&p->text) == STATUS_OK;
}

/* One more element, all zero. NULL after noting the failure. */
static void *add(struct paper *p, struct paper_array *a, size_t size)
{
	enum { FIRST = 16 };
	if (!is_sound(p))
		return NULL;
	if (a->n == a->cap) {
		size_t cap = a->cap == 0 ? FIRST : 2 * a->cap;
		void *grown = cap > SIZE_MAX / 2 / size ? NULL : realloc(a->items, cap * size);
		if (grown == NULL) {
			p->text.error = STATUS_NO_MEMORY;
			return NULL;
		}
		a->items = grown;
		a->cap = cap;
	}
	uint8_t *item = (uint8_t *)a->items + a->n++ * size;
	memset(item, 0, size);
	return item;
}

/* The bytes of the character here that XML can contain; 0 if there is none: no UTF-8, or U+FFFE, or U+FFFF. */
static size_t character(struct slice text)
{
	for (size_t len = 1; len <= 4 && len <= text.len; len++)
		if (utf8_valid(text.data, len))
			return len == 3 && text.data[0] == 0xEF && text.data[1] == 0xBF && text.data[2] >= 0xBE
				       ? 0
				       : len;
	return 0;
}

/* Whatever was cut off or comes from elsewhere: what is kept can stand in every format. */
static size_t keep_slice(struct paper *p, struct slice text)
{
	size_t start = p->text.len;
	while (text.len > 0) {
		size_t len = character(text);
		if (len == 0)
			bytes_put_str(&p->text, "\xEF\xBF\xBD");
		else
			bytes_put(&p->text, text.data, len);
		len = len == 0 ? 1 : len;
		text = slice_of(text.data + len, text.len - len);
	}
	bytes_put_u8(&p->text, 0);
	return start;
}

static size_t keep(struct paper *p, const char *text)
{
	return text == NULL || !is_sound(p) ? 0 : keep_slice(p, slice_str(text));
}

/* A word that heads something begins with a capital: ASCII and đ, with which all headings of ours begin. */
static void make_capital(struct paper *p, size_t start)
{
	if (start == 0 || !is_sound(p))
		return;
	uint8_t *first = p->text.data + start;
	if (first[0] >= 'a' && first[0] <= 'z')
		first[0] = (uint8_t)(first[0] - 'a' + 'A');
	else if (first[0] == 0xC4 && first[1] == 0x91)
		first[1] = 0x90;
}

static size_t keep_capital(struct paper *p, const char *text)
{
	size_t start = keep(p, text);
	make_capital(p, start);
	return start;
}

struct paper *paper_new(const struct paper_words *words)
{
	struct paper *p = malloc(sizeof(*p));
	if (p == NULL)
		return NULL;
	*p = (struct paper){.words = *words, .text = bytes_new(TABLE_TEXT), .day = date_from(2000, 1, 1)};
	bytes_put_u8(&p->text, 0); /* so that no text stands at 0 */
	return p;
}

void paper_free(struct paper *p)
{
	if (p == NULL)
		return;
	bytes_free(&p->text);
	free(p->blocks.items);
	free(p->heads.items);
	free(p->rows.items);
	free(p->cells.items);
	free(p->points.items);
	free(p->notes.items);
	free(p);
}

enum status paper_status(const struct paper *p)
{
	return p == NULL ? STATUS_NO_MEMORY : bytes_status(&p->text);
}

void paper_line(struct paper *p, enum paper_line line, const char *text)
{
	if (!is_sound(p) || text == NULL)
		return;
	if (p->lines[line] == 0)
		p->said[p->n_said++] = line;
	p->lines[line] = keep(p, text);
}

void paper_date(struct paper *p, int32_t day)
{
	if (p != NULL && day != DAY_UNSET)
		p->day = day;
}

static struct paper_block *add_block(struct paper *p, enum paper_block_kind kind, const char *title)
{
	struct paper_block *block = p == NULL ? NULL : add(p, &p->blocks, sizeof(*block));
	if (block == NULL)
		return NULL;
	block->kind = kind;
	block->title = keep_capital(p, title);
	return block;
}

/* The block under way, if it is one of this kind. */
static struct paper_block *last_block(struct paper *p, enum paper_block_kind kind)
{
	if (!is_sound(p) || p->blocks.n == 0)
		return NULL;
	struct paper_block *block = (struct paper_block *)p->blocks.items + (p->blocks.n - 1);
	return block->kind == kind ? block : NULL;
}

void paper_table(struct paper *p, enum paper_use use, const char *caption, size_t n_columns,
		 const struct paper_column *columns)
{
	struct paper_block *table = add_block(p, PAPER_BLOCK_TABLE, caption);
	if (table == NULL)
		return;
	if (n_columns > PAPER_COLUMNS) {
		p->text.error = STATUS_LIMIT; /* a column that is left out would be a lie */
		return;
	}
	table->use = use;
	table->n_columns = n_columns;
	table->first_head = p->heads.n;
	table->first_row = p->rows.n;
	table->first_cell = p->cells.n;
	for (size_t i = 0; i < table->n_columns; i++) {
		struct paper_head *head = add(p, &p->heads, sizeof(*head));
		if (head == NULL)
			return;
		*head = (struct paper_head){
			.key = keep(p, columns[i].key),
			.title = keep_capital(p, columns[i].title),
			.brief = keep(p, columns[i].brief != NULL ? columns[i].brief : columns[i].title),
			.above = {keep_capital(p, columns[i].above[0]), keep_capital(p, columns[i].above[1])},
			.number = keep(p, columns[i].number),
			.kind = columns[i].kind};
	}
}

void paper_row(struct paper *p, enum paper_row kind)
{
	struct paper_block *table = p == NULL ? NULL : last_block(p, PAPER_BLOCK_TABLE);
	enum paper_row *row = table == NULL ? NULL : add(p, &p->rows, sizeof(*row));
	if (row == NULL)
		return;
	*row = kind;
	p->in_row = 0;
	for (size_t i = 0; i < table->n_columns; i++)
		if (add(p, &p->cells, sizeof(struct paper_cell)) == NULL)
			return;
	table->n_rows++;
}

static void put_cell(struct paper *p, struct paper_cell cell)
{
	const struct paper_block *table = p == NULL ? NULL : last_block(p, PAPER_BLOCK_TABLE);
	if (table == NULL || table->n_rows == 0 || p->in_row == table->n_columns)
		return;
	size_t at = table->first_cell + (table->n_rows - 1) * table->n_columns + p->in_row++;
	((struct paper_cell *)p->cells.items)[at] = cell;
}

void paper_slice(struct paper *p, struct slice text)
{
	if (is_sound(p))
		put_cell(p, (struct paper_cell){
				    .filled = text.len > 0, .kind = PAPER_TEXT, .text = keep_slice(p, text)});
}

void paper_capital(struct paper *p, const char *word)
{
	if (is_sound(p))
		put_cell(p, (struct paper_cell){
				    .filled = word[0] != '\0', .kind = PAPER_TEXT, .text = keep_capital(p, word)});
}

void paper_text(struct paper *p, const char *text)
{
	paper_slice(p, slice_str(text == NULL ? "" : text));
}

void paper_word(struct paper *p, const char *word, const char *title)
{
	if (is_sound(p))
		put_cell(p, (struct paper_cell){.filled = true,
						.kind = PAPER_TEXT,
						.text = keep(p, title == NULL ? "" : title),
						.word = keep(p, word == NULL ? "" : word)});
}

void paper_count(struct paper *p, int64_t value)
{
	put_cell(p, (struct paper_cell){.filled = true, .kind = PAPER_COUNT, .value = value});
}

void paper_day(struct paper *p, int32_t day)
{
	put_cell(p, (struct paper_cell){.filled = day != DAY_UNSET, .kind = PAPER_DATE, .value = day});
}

void paper_rate(struct paper *p, int64_t part, int64_t of)
{
	put_cell(p, (struct paper_cell){.filled = true, .kind = PAPER_RATE, .value = part, .of = of});
}

void paper_decimal(struct paper *p, int64_t value, unsigned places)
{
	int64_t kept = places < PAPER_PLACES ? places : PAPER_PLACES;
	put_cell(p, (struct paper_cell){.filled = true, .kind = PAPER_DECIMAL, .value = value, .of = kept});
}

void paper_empty(struct paper *p)
{
	put_cell(p, (struct paper_cell){.filled = false});
}

static void add_figure(struct paper *p, const char *title, struct paper_cell figure, const char *note,
		       enum paper_tone tone)
{
	struct paper_block *block = add_block(p, PAPER_BLOCK_FIGURE, title);
	if (block == NULL)
		return;
	block->figure = figure;
	block->note = keep(p, note);
	block->tone = tone;
}

void paper_figure(struct paper *p, const char *title, int64_t value, const char *note, enum paper_tone tone)
{
	add_figure(p, title, (struct paper_cell){.filled = true, .kind = PAPER_COUNT, .value = value}, note, tone);
}

void paper_figure_rate(struct paper *p, const char *title, int64_t part, int64_t of, enum paper_tone tone)
{
	add_figure(p, title, (struct paper_cell){.filled = true, .kind = PAPER_RATE, .value = part, .of = of}, NULL,
		   tone);
}

void paper_chart(struct paper *p, enum paper_chart kind, const char *title, size_t n_series,
		 const char *const *series)
{
	struct paper_block *chart = add_block(p, PAPER_BLOCK_CHART, title);
	if (chart == NULL)
		return;
	chart->chart = kind;
	if (n_series > PAPER_SERIES) {
		p->text.error = STATUS_LIMIT;
		return;
	}
	chart->n_series = n_series;
	chart->first_point = p->points.n;
	for (size_t i = 0; i < chart->n_series; i++)
		chart->series[i] = keep(p, series[i]);
}

void paper_point(struct paper *p, const char *label, const int64_t *values, enum paper_tone tone)
{
	struct paper_block *chart = p == NULL ? NULL : last_block(p, PAPER_BLOCK_CHART);
	struct paper_point_part *point = chart == NULL ? NULL : add(p, &p->points, sizeof(*point));
	if (point == NULL)
		return;
	point->label = keep(p, label);
	point->tone = tone;
	for (size_t i = 0; i < chart->n_series; i++)
		point->values[i] = values[i] > 0 ? values[i] : 0;
	chart->n_points++;
}

void paper_remark(struct paper *p, const char *text)
{
	struct paper_block *chart = p == NULL ? NULL : last_block(p, PAPER_BLOCK_CHART);
	if (chart != NULL)
		chart->remark = keep(p, text);
}

void paper_note(struct paper *p, const char *format, ...)
{
	char text[NOTE_TEXT];
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	size_t *note = n < 0 || p == NULL ? NULL : add(p, &p->notes, sizeof(*note));
	if (note != NULL)
		*note = keep(p, text);
}

void paper_signatures(struct paper *p)
{
	if (p != NULL)
		(void)add_block(p, PAPER_BLOCK_SIGNATURES, NULL);
}
