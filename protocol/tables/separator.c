#include "protocol/tables/separator.h"

#include <string.h>

#include "protocol/tables/heading.h"

static const char CANDIDATES[] = ",;\t";

/* The first line that is not blank, and how much of the text it takes; quoted line ends are in it. */
static struct slice first_line(struct slice text, size_t *ret_taken)
{
	size_t start = 0;
	size_t i = 0;
	bool quoted = false;
	bool begun = false;
	for (; i < text.len; i++) {
		uint8_t c = text.data[i];
		if (begun && !quoted && (c == '\n' || c == '\r'))
			break;
		quoted = quoted != (c == '"');
		if (!begun && c != '\n' && c != '\r' && c != ' ') {
			begun = true;
			start = i;
		}
	}
	*ret_taken = i;
	return begun ? slice_of(text.data + start, i - start) : slice_str("");
}

static char most_frequent(struct slice line)
{
	size_t counts[sizeof(CANDIDATES) - 1] = {0};
	size_t best = 0;
	bool quoted = false;
	for (size_t i = 0; i < line.len; i++) {
		quoted = quoted != (line.data[i] == '"');
		const char *at = !quoted && line.data[i] != '\0' ? strchr(CANDIDATES, line.data[i]) : NULL;
		if (at != NULL)
			counts[at - CANDIDATES]++;
	}
	for (size_t i = 1; i < sizeof(counts) / sizeof(counts[0]); i++)
		best = counts[i] > counts[best] ? i : best;
	return CANDIDATES[best];
}

/* The cells of a line, near enough to know a header: without their quotation marks. */
static void split(struct slice line, char separator, struct row *row)
{
	size_t start = 0;
	bool quoted = false;
	row->n_cells = 0;
	for (size_t i = 0; i <= line.len && row->n_cells < LIMIT_COLUMNS; i++) {
		quoted = quoted != (i < line.len && line.data[i] == '"');
		if (i < line.len && (quoted || line.data[i] != (uint8_t)separator))
			continue;
		struct slice text = slice_of(line.data + start, i - start);
		if (text.len >= 2 && text.data[0] == '"')
			text = slice_of(text.data + 1, text.len - 2);
		row->cells[row->n_cells++] = (struct cell){.type = CELL_TEXT, .text = text};
		start = i + 1;
	}
}

/* How many headings are known if the line is parted so; those of the best encoding count, too. */
static enum status known_headings(struct slice line, char separator, const struct column_map *map,
				  struct heading *heading, size_t *ret_known)
{
	struct row row;
	const char *word = NULL;
	split(line, separator, &row);
	enum status s = heading_read(heading, &row, map);
	if (s == STATUS_OK && !heading_fits(heading))
		s = heading_legacy(&row, map, &word);
	*ret_known = s == STATUS_OK && (heading_fits(heading) || word != NULL) ? heading->n_known + 1 : 0;
	return s == STATUS_NO_MEMORY ? s : STATUS_OK;
}

static enum status of_header(struct slice head, const struct column_map *map, char *ret_separator)
{
	struct heading heading = heading_new();
	enum status s = STATUS_OK;
	size_t most = 0;
	for (int lines = 0; s == STATUS_OK && most == 0 && head.len > 0 && lines < LIMIT_HEADER_ROWS; lines++) {
		size_t taken = 0;
		struct slice line = first_line(head, &taken);
		for (size_t i = 0; s == STATUS_OK && i < sizeof(CANDIDATES) - 1 && line.len <= LIMIT_LINE; i++) {
			size_t known = 0;
			s = known_headings(line, CANDIDATES[i], map, &heading, &known);
			if (known > most) {
				most = known;
				*ret_separator = CANDIDATES[i];
			}
		}
		head = slice_of(head.data + taken, head.len - taken);
	}
	heading_free(&heading);
	return s;
}

enum status separator_guess(struct slice head, const struct reader_form *form, char *ret_separator)
{
	size_t taken = 0;
	*ret_separator = form->separator;
	if (form->separator != '\0')
		return STATUS_OK;
	*ret_separator = most_frequent(first_line(head, &taken));
	return form->search ? of_header(head, form->map, ret_separator) : STATUS_OK;
}
