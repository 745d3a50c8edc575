#include "protocol/tables/heading.h"

#include <stdio.h>
#include <string.h>

#include "protocol/cbor.h"
#include "protocol/tables/legacy.h"
#include "protocol/tables/row_columns.h"
#include "protocol/tables/text.h"

enum {
	/* The names of a header folded: composing may lengthen text threefold. */
	ROOM_FOLDED = LIMIT_LINE * 3
};

struct heading heading_new(void)
{
	return (struct heading){.names = bytes_new(LIMIT_LINE), .folded = bytes_new(ROOM_FOLDED)};
}

void heading_free(struct heading *h)
{
	bytes_free(&h->names);
	bytes_free(&h->folded);
}

static struct slice part(const struct bytes *text, const size_t *ends, size_t i)
{
	size_t start = i > 0 ? ends[i - 1] : 0;
	if (ends[i] == start)
		return slice_str("");
	return slice_of(text->data + start, ends[i] - start);
}

struct slice heading_name(const struct heading *h, size_t i)
{
	return part(&h->names, h->ends, i);
}

struct slice heading_folded(const struct heading *h, size_t i)
{
	return part(&h->folded, h->folded_ends, i);
}

static bool is_ordinal(struct slice folded)
{
	static const char *const names[] = {"stt", "tt", "số tt", "số thứ tự", "no.", "no"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal(folded, slice_str(names[i])))
			return true;
	return false;
}

static enum heading_sense sense_for(enum kind kind, struct slice name)
{
	enum field field = FIELD_UNIT;
	enum column_role role = schema_column(kind, (const char *)name.data, name.len, &field);
	if (role == COLUMN_KEY || role == COLUMN_NAME)
		return role == COLUMN_KEY ? HEADING_KEY : HEADING_PHRASE;
	return role == COLUMN_IGNORED ? HEADING_UNKNOWN : HEADING_KNOWN;
}

static enum heading_sense sense_of(struct slice folded, const struct column_map *map)
{
	const char *meaning = map == NULL || folded.len == 0 ? NULL : column_map_meaning(map, folded);
	enum heading_sense best = HEADING_UNKNOWN;
	if (folded.len == 0)
		return HEADING_NONE;
	/* What the map says goes first: it may call the code "No.". */
	if (meaning != NULL && meaning[0] != '\0')
		return sense_for(column_map_kind(map), slice_str(meaning));
	if (is_ordinal(folded))
		return HEADING_ORDINAL;
	if (meaning != NULL)
		return HEADING_KNOWN;
	if (map != NULL)
		return sense_for(column_map_kind(map), folded);
	for (unsigned kind = KIND_NONE; kind < KIND_COUNT; kind++) {
		enum heading_sense sense = sense_for((enum kind)kind, folded);
		best = sense > best ? sense : best;
	}
	return best;
}

/* The folded form of a name; one that is no text stays empty, and is unknown. */
static enum status put_folded(struct heading *h, size_t i, struct bytes *work, const struct column_map *map)
{
	enum status s = text_fold(heading_name(h, i), work);
	if (s == STATUS_NO_MEMORY)
		return s;
	if (s == STATUS_OK)
		bytes_put(&h->folded, work->data, work->len);
	h->folded_ends[i] = h->folded.len;
	h->sense[i] = (uint8_t)(s == STATUS_OK ? sense_of(heading_folded(h, i), map) : HEADING_UNKNOWN);
	h->n_known += h->sense[i] >= HEADING_KNOWN;
	bool better = h->key == LIMIT_COLUMNS || h->sense[h->key] < h->sense[i];
	if (h->sense[i] >= HEADING_PHRASE && better)
		h->key = i;
	return bytes_status(&h->folded);
}

/* Gives the names their sense; h->names and ends are filled, n is set. */
static enum status make_sense(struct heading *h, const struct column_map *map)
{
	struct bytes work = bytes_new(ROOM_FOLDED);
	enum status s = bytes_status(&h->names);
	bytes_clear(&h->folded);
	h->n_known = 0;
	h->key = LIMIT_COLUMNS;
	for (size_t i = 0; s == STATUS_OK && i < h->n; i++)
		s = put_folded(h, i, &work, map);
	bytes_free(&work);
	h->key = h->key < h->n ? h->key : h->n;
	return s;
}

enum status heading_read(struct heading *h, const struct row *row, const struct column_map *map)
{
	bytes_clear(&h->names);
	h->n = 0;
	h->line = row->line;
	for (size_t i = 0; i < row->n_cells; i++) {
		struct slice name = row->cells[i].text;
		if (row->cells[i].type == CELL_TEXT)
			bytes_put(&h->names, name.data, name.len);
		h->ends[i] = h->names.len;
		/* Spreadsheets write empty columns after the last one; only what follows counts as a gap. */
		if (row->cells[i].type == CELL_TEXT && name.len > 0)
			h->n = i + 1;
	}
	return make_sense(h, map);
}

bool heading_fits(const struct heading *h)
{
	return h->key < h->n;
}

/* The number of bytes of text that fit a report without cutting a letter. */
static size_t fitting(struct slice text)
{
	size_t len = text.len < LIMIT_NAME ? text.len : LIMIT_NAME;
	while (len > 0 && !utf8_valid(text.data, len))
		len--;
	return len;
}

static enum status refuse(struct reader_report *report, const char *reason, struct slice column)
{
	size_t len = fitting(column);
	memcpy(report->column, column.data, len);
	report->column[len] = '\0';
	report->reason = reason;
	return STATUS_REFUSED;
}

static enum status refuse_column(struct reader_report *report, const char *reason, size_t i)
{
	char number[24];
	(void)snprintf(number, sizeof number, "%zu", i + 1);
	return refuse(report, reason, slice_str(number));
}

/* Where the header was left out its names may be people's: only one that the record table knows is quoted. */
static enum status refuse_repeated(const struct heading *h, size_t i, struct reader_report *report)
{
	struct bytes folded = bytes_new(ROOM_FOLDED);
	struct slice name = heading_folded(h, i);
	bytes_put(&folded, name.data, name.len);
	bool known = bytes_status(&folded) == STATUS_OK && heading_known(&folded);
	bytes_free(&folded);
	return known ? refuse(report, "header-repeated", heading_name(h, i))
		     : refuse_column(report, "header-repeated", i);
}

static bool is_repeated(const struct heading *h, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slice_equal(heading_folded(h, k), heading_folded(h, i)))
			return true;
	return false;
}

enum status heading_check(const struct heading *h, bool strict, struct reader_report *report)
{
	for (size_t i = 0; i < h->n; i++) {
		struct slice name = heading_name(h, i);
		bool no_text = heading_folded(h, i).len == 0 && h->sense[i] == HEADING_UNKNOWN;
		if (no_text && !utf8_valid(name.data, name.len))
			return refuse_column(report, "not-utf-8", i);
		if (no_text)
			return refuse_column(report, "header-not-text", i);
		bool matters = strict || h->sense[i] >= HEADING_KNOWN;
		if (strict && h->sense[i] == HEADING_NONE)
			return refuse_column(report, "header-empty", i);
		if (matters && is_repeated(h, i))
			return refuse_repeated(h, i, report);
	}
	return STATUS_OK;
}

/* The upper name over a column: its own, or the one to the left that stands over several. */
static struct slice upper_name(const struct heading *upper, size_t i)
{
	for (size_t k = i + 1; k > 0; k--)
		if (k <= upper->n && heading_name(upper, k - 1).len > 0)
			return heading_name(upper, k - 1);
	return slice_str("");
}

static enum status put_joined(const struct heading *upper, const struct heading *lower, size_t i,
			      const struct column_map *map, struct bytes *names)
{
	struct bytes both = bytes_new(LIMIT_LINE);
	struct bytes folded = bytes_new(ROOM_FOLDED);
	struct slice name = i < lower->n ? heading_name(lower, i) : slice_str("");
	struct slice above = i < upper->n ? heading_name(upper, i) : slice_str("");
	if (name.len == 0)
		bytes_put(names, above.data, above.len);
	else if (lower->sense[i] < HEADING_KNOWN) {
		above = upper_name(upper, i);
		bytes_put(&both, above.data, above.len);
		bytes_put_u8(&both, ' ');
		bytes_put(&both, name.data, name.len);
		bool known = text_fold(bytes_slice(&both), &folded) == STATUS_OK &&
			     sense_of(bytes_slice(&folded), map) >= HEADING_KNOWN;
		name = known ? bytes_slice(&both) : name;
	}
	bytes_put(names, name.data, name.len);
	bytes_free(&folded);
	bytes_free(&both);
	return bytes_status(names);
}

enum status heading_join(const struct heading *upper, const struct heading *lower, const struct column_map *map,
			 struct heading *ret_joined)
{
	enum status s = STATUS_OK;
	bytes_clear(&ret_joined->names);
	ret_joined->line = lower->line;
	ret_joined->n = upper->n > lower->n ? upper->n : lower->n;
	for (size_t i = 0; s == STATUS_OK && i < ret_joined->n; i++) {
		s = put_joined(upper, lower, i, map, &ret_joined->names);
		ret_joined->ends[i] = ret_joined->names.len;
	}
	return s == STATUS_OK ? make_sense(ret_joined, map) : s;
}

/* How many names of the row are known once it is decoded, the key for two. */
static enum status known_in(enum legacy encoding, const struct row *row, const struct column_map *map,
			    size_t *ret_known)
{
	struct bytes decoded = bytes_new(ROOM_FOLDED);
	struct bytes folded = bytes_new(ROOM_FOLDED);
	enum status s = STATUS_OK;
	*ret_known = 0;
	for (size_t i = 0; s != STATUS_NO_MEMORY && i < row->n_cells; i++) {
		struct slice text = row->cells[i].text;
		if (row->cells[i].type != CELL_TEXT || text.len > LIMIT_TEXT)
			continue;
		s = legacy_decode(encoding, text, &decoded);
		if (s == STATUS_OK)
			s = text_fold(bytes_slice(&decoded), &folded);
		enum heading_sense sense = s == STATUS_OK ? sense_of(bytes_slice(&folded), map) : HEADING_UNKNOWN;
		/* What reads the same either way says nothing of the encoding. */
		bool same = s == STATUS_OK && slice_equal(bytes_slice(&decoded), text);
		if (sense >= HEADING_KNOWN && !same)
			*ret_known += sense >= HEADING_PHRASE ? 2U : 1U;
	}
	bytes_free(&folded);
	bytes_free(&decoded);
	return s == STATUS_NO_MEMORY ? s : STATUS_OK;
}

enum status heading_legacy(const struct row *row, const struct column_map *map, const char **ret_word)
{
	*ret_word = NULL;
	for (unsigned encoding = 0; encoding < LEGACY_COUNT; encoding++) {
		size_t known = 0;
		enum status s = known_in((enum legacy)encoding, row, map, &known);
		if (s != STATUS_OK)
			return s;
		if (known >= 2) {
			*ret_word = legacy_name((enum legacy)encoding);
			return STATUS_OK;
		}
	}
	return STATUS_OK;
}
