#include "protocol/tables/row_part.h"

#include <string.h>

#include "protocol/tables/text.h"

enum {
	/* A line around the records is short in cells: a name and a date, two names to sign, a sum. */
	FEW = 3
};

static bool is_filled(const struct row *row, size_t i)
{
	return i < row->n_cells && row->cells[i].type != CELL_EMPTY &&
	       (row->cells[i].type != CELL_TEXT || row->cells[i].text.len > 0);
}

static struct slice text_at(const struct row *row, size_t i)
{
	return is_filled(row, i) && row->cells[i].type == CELL_TEXT ? row->cells[i].text : slice_str("");
}

static bool has_digit(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] >= '0' && text.data[i] <= '9')
			return true;
	return false;
}

static bool has_blank(struct slice text)
{
	return text.len > 0 && memchr(text.data, ' ', text.len) != NULL;
}

static bool begins(struct slice text, const char *word)
{
	size_t len = strlen(word);
	return text.len >= len && memcmp(text.data, word, len) == 0;
}

static bool holds(struct slice text, const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i + len <= text.len; i++)
		if (memcmp(text.data + i, word, len) == 0)
			return true;
	return false;
}

static bool says_total(struct slice folded)
{
	static const char *const words[] = {"tổng cộng", "tổng số", "tổng:", "tổng hồ sơ", "cộng:", "total"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(folded, words[i]))
			return true;
	return slice_equal(folded, slice_str("cộng")) || slice_equal(folded, slice_str("tổng"));
}

static bool says_signature(struct slice folded)
{
	static const char *const words[] = {"người lập",    "người tổng hợp", "thủ trưởng", "chủ tịch",
					    "giám đốc",     "trưởng phòng",   "lãnh đạo",   "cán bộ tiếp nhận",
					    "xác nhận của", "nơi nhận",       "đóng dấu",   "ký tên",
					    "ký, ghi",      "ký và ghi",      "ký, họ tên"};
	if (holds(folded, "ngày ") && holds(folded, " tháng ") && holds(folded, " năm "))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (holds(folded, words[i]))
			return true;
	return false;
}

/* What the filled cells of a row are like, the running number apart. */
struct shape {
	size_t filled;
	size_t first; /* of the filled ones */
	bool total;
	bool signature;
	bool figures; /* a cell holds digits, and is no date written out */
};

static enum status look(const struct row *row, const struct heading *heading, struct shape *ret_shape)
{
	struct bytes folded = bytes_new(LIMIT_LINE);
	struct shape shape = {.first = row->n_cells};
	enum status s = STATUS_OK;
	for (size_t i = 0; s != STATUS_NO_MEMORY && i < row->n_cells; i++) {
		bool ordinal = i < heading->n && heading->sense[i] == HEADING_ORDINAL;
		s = is_filled(row, i) ? text_fold(text_at(row, i), &folded) : STATUS_EMPTY;
		/* A cell of blanks says nothing; one that is no text says something. */
		bool blank =
			s == STATUS_EMPTY || (s == STATUS_OK && folded.len == 0 && row->cells[i].type == CELL_TEXT);
		if (blank)
			continue;
		struct slice text = s == STATUS_OK ? bytes_slice(&folded) : slice_str("");
		bool signature = says_signature(text);
		shape.total = shape.total || (shape.filled == 0 && says_total(text));
		shape.signature = shape.signature || signature;
		if (ordinal && !has_blank(text) && !says_total(text) && !signature)
			continue;
		shape.figures = shape.figures || (has_digit(text) && !signature);
		shape.first = shape.filled++ == 0 ? i : shape.first;
	}
	bytes_free(&folded);
	*ret_shape = shape;
	return s == STATUS_NO_MEMORY ? s : STATUS_OK;
}

/* Where the running number stands there is a word: a sum may say so there, and its count under the codes. */
static bool word_as_ordinal(const struct row *row, const struct heading *heading)
{
	for (size_t i = 0; i < heading->n; i++)
		if (heading->sense[i] == HEADING_ORDINAL && is_filled(row, i) && !has_digit(text_at(row, i)))
			return true;
	return false;
}

enum status row_part_of(const struct row *row, const struct heading *heading, bool behind, enum row_part *ret_part,
			struct slice *ret_text)
{
	struct slice key = text_at(row, heading->key);
	*ret_part = PART_RECORD;
	*ret_text = slice_str("");
	bool keyed = heading->key < heading->n && is_filled(row, heading->key);
	/* An indicator may well be called a sum. */
	if (heading->key >= heading->n || (keyed && heading->sense[heading->key] == HEADING_PHRASE))
		return STATUS_OK;
	/* The many rows with a code need no closer look. */
	bool coded = keyed && !has_blank(key);
	if (coded && has_digit(key) && !word_as_ordinal(row, heading))
		return STATUS_OK;
	struct shape shape;
	enum status s = look(row, heading, &shape);
	if (s != STATUS_OK)
		return s;
	bool few = shape.filled > 0 && shape.filled <= FEW && !shape.figures;
	if (few && (shape.signature || (behind && !coded)))
		*ret_part = PART_SIGNATURE;
	else if (shape.total)
		*ret_part = PART_TOTAL;
	else if (shape.filled == 0)
		*ret_part = PART_BANNER;
	else if (shape.filled == 1 && !coded) {
		*ret_part = PART_BANNER;
		*ret_text = text_at(row, shape.first);
	}
	return STATUS_OK;
}

bool row_repeats(const struct row *row, const struct heading *heading)
{
	size_t same = 0;
	for (size_t i = 0; i < row->n_cells; i++) {
		struct slice text = text_at(row, i);
		if (!is_filled(row, i))
			continue;
		if (text.len == 0 || i >= heading->n || !slice_equal(text, heading_name(heading, i)))
			return false;
		same++;
	}
	return same >= 2;
}

/* The number of "(3)", "3" or "[3]"; 0 if the cell is none. What follows, such as "=4+5", is not looked at. */
static size_t number_of(struct slice text)
{
	size_t number = 0;
	size_t i = 0;
	while (i < text.len && strchr(" ([", text.data[i]) != NULL)
		i++;
	for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9' && number <= LIMIT_COLUMNS; i++)
		number = number * 10 + (size_t)(text.data[i] - '0');
	bool ends = i == text.len || strchr(" )]=", text.data[i]) != NULL;
	return ends ? number : 0;
}

static bool is_letter(struct slice text)
{
	if (text.len == 3 && text.data[0] == '(' && text.data[2] == ')')
		text = slice_of(text.data + 1, 1);
	return text.len == 1 && text.data[0] >= 'A' && text.data[0] <= 'H';
}

bool row_numbers_columns(const struct row *row)
{
	size_t last = 0;
	size_t seen = 0;
	size_t letters = 0;
	for (size_t i = 0; i < row->n_cells; i++) {
		if (!is_filled(row, i))
			continue;
		size_t number = number_of(text_at(row, i));
		/* Columns of words have letters: (A) (B) (1) (2) … */
		if (seen == 0 && letters <= i && is_letter(text_at(row, i))) {
			letters++;
			continue;
		}
		if (number == 0 || (seen > 0 && number != last + 1) || number > i + 2)
			return false;
		last = number;
		seen++;
	}
	return seen >= 3 || (seen > 0 && seen + letters >= 4);
}

bool row_may_be_header(const struct row *row, const struct heading *heading)
{
	for (size_t i = 0; i < row->n_cells; i++)
		if (is_filled(row, i) && (text_at(row, i).len == 0 || has_digit(text_at(row, i))))
			return false;
	bool keyed = heading->key < heading->n && is_filled(row, heading->key);
	return !keyed || slice_equal(text_at(row, heading->key), heading_name(heading, heading->key));
}
