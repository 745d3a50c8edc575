#include "hub/targets.h"

#include <string.h>

#include "protocol/tables/reader.h"
#include "protocol/tables/text.h"

enum { COL_NAME, COL_PERIOD, COL_TARGET, N_COLS, TARGET_MAX = 10 * TARGET_WHOLE };

static const char *const COLUMNS[N_COLS] = {"name", "period", "target"};

struct finding {
	const char *name;
	const char *period;
	bool found;
	int64_t target;
	struct bytes cells[N_COLS];
	struct targets_fault fault;
};

enum status target_parse(const char *text, size_t len, int64_t *ret_target)
{
	int64_t value = 0;
	size_t digits = 0;
	size_t decimals = 0;
	bool fraction = false;
	if (len > 0 && text[len - 1] == '%')
		len--;
	for (size_t i = 0; i < len; i++) {
		if ((text[i] == '.' || text[i] == ',') && !fraction && digits > 0) {
			fraction = true;
			continue;
		}
		if (text[i] < '0' || text[i] > '9' || decimals == 2 || value > TARGET_MAX)
			return STATUS_REFUSED;
		value = value * 10 + (text[i] - '0');
		digits++;
		decimals += fraction ? 1 : 0;
	}
	if (digits == 0 || (fraction && decimals == 0))
		return STATUS_REFUSED;
	for (; decimals < 2; decimals++)
		value *= 10;
	if (value > TARGET_MAX)
		return STATUS_REFUSED;
	*ret_target = value;
	return STATUS_OK;
}

static enum status refuse(struct finding *f, const struct row *row, const char *reason)
{
	f->fault = (struct targets_fault){.line = row->line, .reason = reason};
	return STATUS_REFUSED;
}

static enum status read_cells(struct finding *f, const struct row *row)
{
	bool there[N_COLS] = {false};
	for (size_t c = 0; c < N_COLS; c++)
		bytes_clear(&f->cells[c]);
	for (size_t i = 0; i < row->n_cells; i++) {
		for (size_t c = 0; c < N_COLS; c++) {
			if (!slice_equal(row->cells[i].name, slice_str(COLUMNS[c])) ||
			    row->cells[i].type != CELL_TEXT)
				continue;
			there[c] = true;
			enum status s = text_normal(row->cells[i].text, &f->cells[c]);
			if (s != STATUS_OK)
				return s == STATUS_NO_MEMORY ? s : refuse(f, row, "not-text");
		}
	}
	return there[COL_NAME] && there[COL_PERIOD] && there[COL_TARGET] ? STATUS_OK
									 : refuse(f, row, "target-columns");
}

static enum status take_row(void *context, const struct row *row, enum row_fault fault)
{
	struct finding *f = context;
	int64_t target = 0;
	if (fault != ROW_OK)
		return refuse(f, row, row_fault_name(fault));
	enum status s = read_cells(f, row);
	if (s != STATUS_OK)
		return s;
	if (target_parse((const char *)f->cells[COL_TARGET].data, f->cells[COL_TARGET].len, &target) != STATUS_OK)
		return refuse(f, row, "target-value");
	if (!slice_equal(bytes_slice(&f->cells[COL_NAME]), slice_str(f->name)) ||
	    !slice_equal(bytes_slice(&f->cells[COL_PERIOD]), slice_str(f->period)))
		return STATUS_OK;
	if (f->found)
		return refuse(f, row, "target-twice");
	f->found = true;
	f->target = target;
	return STATUS_OK;
}

static enum status read_bytes(void *context, void *buf, size_t len, size_t *ret_len)
{
	FILE *file = context;
	*ret_len = fread(buf, 1, len, file);
	return ferror(file) ? STATUS_DISK : STATUS_OK;
}

enum status targets_find(FILE *file, const char *name, const char *period, int64_t *ret_target,
			 struct targets_fault *ret_fault)
{
	struct finding f = {.name = name, .period = period};
	struct reader_report report;
	for (size_t c = 0; c < N_COLS; c++)
		f.cells[c] = bytes_new(LIMIT_LINE);
	enum status s = reader_run(FORMAT_CSV, read_bytes, file, take_row, &f, &report);
	if (s == STATUS_REFUSED && f.fault.reason == NULL)
		f.fault.reason = report.reason == NULL ? "not-utf-8" : report.reason;
	if (s == STATUS_OK && !f.found)
		s = STATUS_EMPTY;
	if (s == STATUS_OK)
		*ret_target = f.target;
	*ret_fault = f.fault;
	for (size_t c = 0; c < N_COLS; c++)
		bytes_free(&f.cells[c]);
	return s;
}

enum target_verdict target_judge(const struct indicator_count *count, int64_t target)
{
	if (!count->known || !count->of_known || count->of <= 0)
		return TARGET_UNKNOWN;
	int64_t wholes = count->value / count->of;
	int64_t rest = count->value % count->of;
	int64_t of = count->of;
	if (wholes != target / TARGET_WHOLE)
		return wholes > target / TARGET_WHOLE ? TARGET_MET : TARGET_MISSED;
	for (; of > INT64_MAX / TARGET_WHOLE; of /= 2)
		rest /= 2; /* sums beyond any province: the products below must fit */
	return rest * TARGET_WHOLE >= target % TARGET_WHOLE * of ? TARGET_MET : TARGET_MISSED;
}
