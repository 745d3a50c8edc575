#include "protocol/tables/plain_json.h"

#include <string.h>

#include "protocol/cbor.h"

/* Every name is compared with every other, and 18 digits fit whatever they are. */
enum { MEMBERS_MAX = 32, DIGITS_MAX = 18 };

struct scan {
	const uint8_t *next;
	const uint8_t *end;
};

static void skip_blanks(struct scan *s)
{
	while (s->next < s->end && (*s->next == ' ' || *s->next == '\t' || *s->next == '\r'))
		s->next++;
}

static bool take(struct scan *s, uint8_t c)
{
	if (s->next == s->end || *s->next != c)
		return false;
	s->next++;
	return true;
}

static bool take_word(struct scan *s, const char *word, size_t len)
{
	if ((size_t)(s->end - s->next) < len || memcmp(s->next, word, len) != 0)
		return false;
	s->next += len;
	return true;
}

static bool take_string(struct scan *s, struct slice *ret_text)
{
	uint8_t all = 0;
	if (!take(s, '"'))
		return false;
	const uint8_t *begin = s->next;
	for (; s->next < s->end && *s->next != '"'; s->next++) {
		if (*s->next < ' ' || *s->next == '\\')
			return false;
		all |= *s->next;
	}
	*ret_text = slice_of(begin, (size_t)(s->next - begin));
	return take(s, '"') && (all < 0x80 || utf8_valid(ret_text->data, ret_text->len));
}

/* What follows the digits decides whether this was all of the number: whoever goes on takes no '.', 'e' or digit.
 */
static bool take_integer(struct scan *s, int64_t *ret_number)
{
	bool negative = take(s, '-');
	const uint8_t *begin = s->next;
	int64_t number = 0;
	for (; s->next < s->end && *s->next >= '0' && *s->next <= '9'; s->next++) {
		if (s->next - begin == DIGITS_MAX || (number == 0 && s->next != begin))
			return false;
		number = number * 10 + (*s->next - '0');
	}
	*ret_number = negative ? -number : number;
	return s->next != begin;
}

static bool take_value(struct scan *s, struct cell *cell)
{
	if (s->next == s->end)
		return false;
	switch (*s->next) {
	case '"':
		cell->type = CELL_TEXT;
		return take_string(s, &cell->text);
	case 't':
		cell->type = CELL_BOOL;
		cell->number = 1;
		return take_word(s, "true", 4);
	case 'f':
		cell->type = CELL_BOOL;
		return take_word(s, "false", 5);
	case 'n':
		cell->type = CELL_NULL;
		return take_word(s, "null", 4);
	default:
		cell->type = CELL_NUMBER;
		return take_integer(s, &cell->number);
	}
}

static bool is_new(const struct row *row, struct slice name)
{
	for (size_t i = 0; i < row->n_cells; i++)
		if (slice_equal(row->cells[i].name, name))
			return false;
	return true;
}

static bool take_member(struct scan *s, struct row *row)
{
	struct cell cell = {.number = 0};
	skip_blanks(s);
	if (row->n_cells == MEMBERS_MAX || !take_string(s, &cell.name) || !is_new(row, cell.name))
		return false;
	skip_blanks(s);
	if (!take(s, ':'))
		return false;
	skip_blanks(s);
	if (!take_value(s, &cell))
		return false;
	row->cells[row->n_cells++] = cell;
	skip_blanks(s);
	return true;
}

bool plain_json_read(struct slice line, struct row *row)
{
	struct scan s = {.next = line.data, .end = line.data + line.len};
	row->n_cells = 0;
	skip_blanks(&s);
	if (!take(&s, '{'))
		return false;
	do {
		if (!take_member(&s, row))
			return false;
	} while (take(&s, ','));
	if (!take(&s, '}'))
		return false;
	skip_blanks(&s);
	return s.next == s.end;
}
