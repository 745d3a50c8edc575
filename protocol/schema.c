#include "protocol/schema.h"

#include <string.h>

#include "protocol/calendar.h"
#include "protocol/cbor.h"
#include "protocol/limits.h"
#include "protocol/schema_words.h"

#define DOSSIER (1U << KIND_DOSSIER)
#define EQUIPMENT (1U << KIND_EQUIPMENT)
#define INDICATOR (1U << KIND_INDICATOR)

/* The calendar of calendar.h in days: 1900-01-01 to 9999-12-31. */
#define DAY_MIN (-25567)
#define DAY_MAX 2932896

/* A count or a sum of money; ten thousand of them still add up within 64 bits. */
#define AMOUNT_MAX INT64_C(900000000000000)

#define ALSO(...) ((const char *const[]){__VA_ARGS__, NULL})
#define TEXT(max_bytes) .type = TYPE_TEXT, .min = 1, .max = (max_bytes)
#define UNIT .type = TYPE_UNIT, .min = 1, .max = LIMIT_UNIT
#define ENUM(list, count) .type = TYPE_ENUM, .min = 1, .max = (count), .words = (list), .n_words = (count)
#define BOOL .type = TYPE_BOOL, .min = 0, .max = 1, .words = schema_bool_words, .n_words = BOOL_WORDS
#define INT(least, most) .type = TYPE_INT, .min = (least), .max = (most)
#define TIME .type = TYPE_TIME, .min = TIME_MIN, .max = TIME_MAX
#define DATE .type = TYPE_DATE, .min = DAY_MIN, .max = DAY_MAX

/*
 * An alias must mean this field wherever it stands: a name that lists often carry beside the real one ("tình trạng"
 * for late or in time, "số biên nhận") would have their rows refused for two columns of one field.
 */
/* clang-format off */
static const struct field_spec table[FIELD_COUNT] = {
	/* An indicator's unit is a part of its key, not a field of it. */
	[FIELD_UNIT] = {FIELD_UNIT, DOSSIER | EQUIPMENT, "unit", "Đơn vị", UNIT, .history = true,
		.aliases = ALSO("đơn vị", "mã đơn vị", "đơn vị tiếp nhận", "mã đơn vị tiếp nhận",
			"cơ quan tiếp nhận", "đơn vị sử dụng", "đơn vị báo cáo")},
	[FIELD_VOID] = {FIELD_VOID, DOSSIER | EQUIPMENT | INDICATOR, "void", "Hủy", BOOL,
		.aliases = ALSO("hủy", "huỷ", "đã hủy", "đã huỷ")},

	[FIELD_DECIDED_BY] = {FIELD_DECIDED_BY, DOSSIER, "decided_by", "Đơn vị giải quyết", UNIT,
		.aliases = ALSO("đơn vị giải quyết", "mã đơn vị giải quyết", "cơ quan giải quyết", "đơn vị xử lý",
			"đơn vị xử lí")},
	[FIELD_PROCEDURE] = {FIELD_PROCEDURE, DOSSIER, "procedure", "Mã TTHC", TEXT(LIMIT_PROCEDURE),
		.aliases = ALSO("mã tthc", "mã thủ tục", "mã thủ tục hành chính")},
	[FIELD_DOMAIN] = {FIELD_DOMAIN, DOSSIER, "domain", "Lĩnh vực", TEXT(LIMIT_TEXT),
		.aliases = ALSO("lĩnh vực", "tên lĩnh vực")},
	[FIELD_CHANNEL] = {FIELD_CHANNEL, DOSSIER, "channel", "Hình thức tiếp nhận",
		ENUM(schema_channel_words, CHANNEL_WORDS),
		.aliases = ALSO("hình thức tiếp nhận", "hình thức nộp", "hình thức nộp hồ sơ", "kênh",
			"kênh tiếp nhận", "kênh thực hiện", "kênh nộp")},
	[FIELD_RETURN_CHANNEL] = {FIELD_RETURN_CHANNEL, DOSSIER, "return_channel", "Hình thức trả",
		ENUM(schema_channel_words, CHANNEL_WORDS),
		.aliases = ALSO("hình thức trả", "hình thức trả kết quả", "hình thức nhận kết quả", "kênh trả",
			"kênh trả kết quả")},
	[FIELD_STATUS] = {FIELD_STATUS, DOSSIER, "status", "Trạng thái", ENUM(schema_status_words, STATUS_WORDS),
		.history = true, .aliases = ALSO("trạng thái", "trạng thái hồ sơ")},
	[FIELD_STATUS_AT] = {FIELD_STATUS_AT, DOSSIER, "status_at", "Ngày trạng thái", TIME, .history = true,
		.aliases = ALSO("ngày trạng thái", "ngày chuyển trạng thái", "thời điểm trạng thái",
			"thời điểm chuyển trạng thái")},
	[FIELD_SUBMITTED_AT] = {FIELD_SUBMITTED_AT, DOSSIER, "submitted_at", "Ngày nộp", TIME,
		.aliases = ALSO("ngày nộp", "ngày nộp hồ sơ", "thời điểm nộp", "ngày đăng ký")},
	[FIELD_RECEIVED_AT] = {FIELD_RECEIVED_AT, DOSSIER, "received_at", "Ngày tiếp nhận", TIME,
		.aliases = ALSO("ngày tiếp nhận", "ngày tiếp nhận hồ sơ", "ngày nhận", "ngày nhận hồ sơ",
			"thời điểm tiếp nhận")},
	[FIELD_FINISHED_AT] = {FIELD_FINISHED_AT, DOSSIER, "finished_at", "Ngày kết thúc xử lý", TIME,
		.aliases = ALSO("ngày kết thúc xử lý", "ngày kết thúc xử lí", "ngày kết thúc", "ngày xử lý xong",
			"ngày xử lí xong")},
	[FIELD_RETURNED_AT] = {FIELD_RETURNED_AT, DOSSIER, "returned_at", "Ngày trả kết quả", TIME,
		.aliases = ALSO("ngày trả kết quả", "ngày trả", "thời điểm trả kết quả")},
	[FIELD_DUE_AT] = {FIELD_DUE_AT, DOSSIER, "due_at", "Ngày hẹn trả", TIME, .history = true,
		.aliases = ALSO("ngày hẹn trả", "ngày hẹn trả kết quả", "ngày hẹn", "hạn trả", "hạn trả kết quả")},
	[FIELD_INPUT_DIGITISED] = {FIELD_INPUT_DIGITISED, DOSSIER, "input_digitised", "Số hóa thành phần", BOOL,
		.aliases = ALSO("số hóa thành phần", "số hoá thành phần", "số hóa thành phần hồ sơ",
			"số hoá thành phần hồ sơ", "số hóa hồ sơ", "số hoá hồ sơ")},
	[FIELD_RESULT_DIGITISED] = {FIELD_RESULT_DIGITISED, DOSSIER, "result_digitised", "Số hóa kết quả", BOOL,
		.aliases = ALSO("số hóa kết quả", "số hoá kết quả")},
	[FIELD_REUSED] = {FIELD_REUSED, DOSSIER, "reused", "Tái sử dụng", BOOL,
		.aliases = ALSO("tái sử dụng", "tái sử dụng dữ liệu")},
	[FIELD_FEE] = {FIELD_FEE, DOSSIER, "fee", "Phí, lệ phí", INT(0, AMOUNT_MAX),
		.aliases = ALSO("phí, lệ phí", "phí lệ phí", "phí", "lệ phí")},
	[FIELD_PAID] = {FIELD_PAID, DOSSIER, "paid", "Thanh toán", ENUM(schema_paid_words, PAID_WORDS),
		.aliases = ALSO("thanh toán", "hình thức thanh toán")},
	[FIELD_RATING] = {FIELD_RATING, DOSSIER, "rating", "Mức độ hài lòng", INT(1, 5),
		.aliases = ALSO("mức độ hài lòng", "điểm hài lòng")},
	[FIELD_LINKED_TO] = {FIELD_LINKED_TO, DOSSIER, "linked_to", "Hồ sơ liên thông", TEXT(LIMIT_CODE),
		.aliases = ALSO("hồ sơ liên thông", "mã hồ sơ liên thông")},
	[FIELD_REPLACED_BY] = {FIELD_REPLACED_BY, DOSSIER, "replaced_by", "Mã thay thế", TEXT(LIMIT_CODE),
		.aliases = ALSO("mã thay thế", "được thay bằng")},

	[FIELD_TYPE] = {FIELD_TYPE, EQUIPMENT, "type", "Loại thiết bị", ENUM(schema_type_words, TYPE_WORDS),
		.aliases = ALSO("loại thiết bị", "loại", "chủng loại")},
	[FIELD_STATE] = {FIELD_STATE, EQUIPMENT, "state", "Trạng thái", ENUM(schema_state_words, STATE_WORDS),
		.history = true, .aliases = ALSO("trạng thái", "trạng thái thiết bị", "trạng thái lắp đặt")},
	[FIELD_CONDITION] = {FIELD_CONDITION, EQUIPMENT, "condition", "Tình trạng",
		ENUM(schema_condition_words, CONDITION_WORDS), .history = true,
		.aliases = ALSO("tình trạng", "tình trạng thiết bị", "tình trạng hoạt động")},
	[FIELD_MODEL] = {FIELD_MODEL, EQUIPMENT, "model", "Kiểu máy", TEXT(LIMIT_TEXT),
		.aliases = ALSO("kiểu máy", "mẫu máy", "kiểu")},
	[FIELD_SERIAL] = {FIELD_SERIAL, EQUIPMENT, "serial", "Số sê-ri", TEXT(LIMIT_TEXT),
		.aliases = ALSO("số sê-ri", "số sê ri", "số seri", "số serial", "số máy")},
	[FIELD_INSTALLED_ON] = {FIELD_INSTALLED_ON, EQUIPMENT, "installed_on", "Ngày lắp đặt", DATE,
		.aliases = ALSO("ngày lắp đặt", "ngày lắp")},
	[FIELD_IN_USE_ON] = {FIELD_IN_USE_ON, EQUIPMENT, "in_use_on", "Ngày đưa vào sử dụng", DATE,
		.aliases = ALSO("ngày đưa vào sử dụng", "ngày sử dụng")},
	[FIELD_RETIRED_ON] = {FIELD_RETIRED_ON, EQUIPMENT, "retired_on", "Ngày thanh lý", DATE,
		.aliases = ALSO("ngày thanh lý", "ngày thanh lí", "ngày ngừng sử dụng")},
	[FIELD_WARRANTY_UNTIL] = {FIELD_WARRANTY_UNTIL, EQUIPMENT, "warranty_until", "Bảo hành đến", DATE,
		.aliases = ALSO("bảo hành đến", "hạn bảo hành", "ngày hết bảo hành", "ngày hết hạn bảo hành")},
	[FIELD_CHECKED_AT] = {FIELD_CHECKED_AT, EQUIPMENT, "checked_at", "Ngày kiểm tra", TIME,
		.aliases = ALSO("ngày kiểm tra", "thời điểm kiểm tra")},

	[FIELD_VALUE] = {FIELD_VALUE, INDICATOR, "value", "Giá trị", INT(0, AMOUNT_MAX),
		.aliases = ALSO("giá trị", "số liệu", "kết quả", "tử số")},
	[FIELD_OF] = {FIELD_OF, INDICATOR, "of", "Trên tổng số", INT(0, AMOUNT_MAX),
		.aliases = ALSO("trên tổng số", "tổng số", "mẫu số")},
};

/* The columns that are no field of their own. */
static const struct {
	enum column_role role;
	unsigned kinds; /* 0: any, also before the kind is known */
	const char *const *spellings;
} other_columns[] = {
	{COLUMN_KIND, 0, ALSO("kind", "loại bản ghi")},
	{COLUMN_CHANGED_AT, 0, ALSO("changed_at", "thời điểm thay đổi", "ngày thay đổi", "thời điểm cập nhật",
		"ngày cập nhật")},
	{COLUMN_KEY, DOSSIER, ALSO("code", "mã hồ sơ", "số hồ sơ", "mã số hồ sơ")},
	{COLUMN_KEY, EQUIPMENT, ALSO("asset", "mã thiết bị", "mã tài sản", "số tài sản", "số thẻ tài sản")},
	{COLUMN_NAME, INDICATOR, ALSO("name", "tên chỉ tiêu", "chỉ tiêu")},
	{COLUMN_PERIOD, INDICATOR, ALSO("period", "kỳ", "kì", "kỳ báo cáo", "kì báo cáo")},
	{COLUMN_REPLACES, DOSSIER, ALSO("replaces", "thay cho mã", "thay cho", "mã tạm")},
};

static const struct {
	enum kind kind;
	const char *const *spellings; /* [0] is the JSON word */
} kinds[] = {
	{KIND_DOSSIER, ALSO("dossier", "hồ sơ")},
	{KIND_EQUIPMENT, ALSO("equipment", "thiết bị")},
	{KIND_INDICATOR, ALSO("indicator", "chỉ tiêu")},
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool same(const char *word, const char *text, size_t len)
{
	/* The first byte decides nearly always, and the length guards against text that holds a NUL. */
	return len > 0 && word[0] == text[0] && strlen(word) == len && memcmp(word, text, len) == 0;
}

static bool is_among(const char *const *spellings, const char *text, size_t len)
{
	if (spellings == NULL)
		return false;
	for (size_t i = 0; spellings[i] != NULL; i++)
		if (same(spellings[i], text, len))
			return true;
	return false;
}

static bool is_in(unsigned kinds_mask, enum kind kind)
{
	return (unsigned)kind < KIND_COUNT && (kinds_mask >> (unsigned)kind & 1U) != 0;
}

static bool has_kind(const struct field_spec *spec, enum kind kind)
{
	return is_in(spec->kinds, kind);
}

const struct field_spec *schema_field(enum field field)
{
	return (unsigned)field < FIELD_COUNT ? &table[field] : NULL;
}

const struct field_spec *schema_field_named(enum kind kind, const char *name, size_t len)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (has_kind(&table[i], kind) && same(table[i].name, name, len))
			return &table[i];
	return NULL;
}

enum column_role schema_column(enum kind kind, const char *folded, size_t len, enum field *ret_field)
{
	for (size_t i = 0; i < COUNT(other_columns); i++) {
		bool asked = other_columns[i].kinds == 0 || is_in(other_columns[i].kinds, kind);
		if (asked && is_among(other_columns[i].spellings, folded, len))
			return other_columns[i].role;
	}
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		/* The unit in an indicator's key is stated by the same column as everybody's unit. */
		bool asked = has_kind(&table[i], kind) || (i == FIELD_UNIT && kind == KIND_INDICATOR);
		if (!asked || (!same(table[i].name, folded, len) && !is_among(table[i].aliases, folded, len)))
			continue;
		*ret_field = (enum field)i;
		return COLUMN_FIELD;
	}
	return COLUMN_IGNORED;
}

enum status schema_word(const struct field_spec *spec, const char *folded, size_t len, int64_t *ret_value)
{
	for (size_t i = 0; i < spec->n_words; i++) {
		if (is_among(spec->words[i].spellings, folded, len)) {
			*ret_value = spec->words[i].value;
			return STATUS_OK;
		}
	}
	return STATUS_REFUSED;
}

static const struct word *word_of(const struct field_spec *spec, int64_t value)
{
	for (size_t i = 0; i < spec->n_words; i++)
		if (spec->words[i].value == value)
			return &spec->words[i];
	return NULL;
}

const char *schema_word_name(const struct field_spec *spec, int64_t value)
{
	const struct word *word = word_of(spec, value);
	return word != NULL ? word->spellings[0] : NULL;
}

const char *schema_word_vi(const struct field_spec *spec, int64_t value)
{
	const struct word *word = word_of(spec, value);
	if (word == NULL)
		return NULL;
	return word->spellings[1] != NULL ? word->spellings[1] : word->spellings[0];
}

const char *schema_kind_name(enum kind kind)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].spellings[0];
	return "";
}

enum kind schema_kind(const char *folded, size_t len)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (is_among(kinds[i].spellings, folded, len))
			return kinds[i].kind;
	return KIND_NONE;
}

uint64_t schema_mask(enum kind kind)
{
	uint64_t mask = 0;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (has_kind(&table[i], kind))
			mask |= UINT64_C(1) << i;
	return mask;
}

bool schema_number_ok(const struct field_spec *spec, int64_t value)
{
	switch (spec->type) {
	case TYPE_TEXT:
	case TYPE_UNIT:
		return false;
	case TYPE_ENUM:
	case TYPE_BOOL:
		return word_of(spec, value) != NULL;
	case TYPE_INT:
	case TYPE_TIME:
	case TYPE_DATE:
		break;
	}
	return value >= spec->min && value <= spec->max;
}

/* C0, DEL, and C1, which UTF-8 writes as C2 80 to C2 9F. */
static bool has_controls(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20 || c == 0x7F)
			return true;
		if (c == 0xC2 && i + 1 < len && (unsigned char)text[i + 1] < 0xA0)
			return true;
	}
	return false;
}

static bool is_text(const char *text, size_t len, size_t max)
{
	return len > 0 && len <= max && utf8_valid((const uint8_t *)text, len) && !has_controls(text, len);
}

/* What names a thing has no blank at either end, or two things would look alike. */
static bool is_code(const char *text, size_t len, size_t max)
{
	return is_text(text, len, max) && text[0] != ' ' && text[len - 1] != ' ';
}

bool schema_unit_ok(const char *code, size_t len)
{
	if (len == 0 || len > LIMIT_UNIT)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = code[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

bool schema_text_ok(const struct field_spec *spec, const char *text, size_t len)
{
	if (spec->type == TYPE_UNIT)
		return schema_unit_ok(text, len);
	if (spec->type != TYPE_TEXT)
		return false;
	/* These two hold a dossier's key. */
	if (spec->field == FIELD_LINKED_TO || spec->field == FIELD_REPLACED_BY)
		return schema_key_ok(KIND_DOSSIER, text, len);
	return is_text(text, len, (size_t)spec->max);
}

static bool is_indicator_key(const char *key, size_t len)
{
	const char *end = key + len;
	const char *unit_end = memchr(key, '|', len);
	if (unit_end == NULL || !schema_unit_ok(key, (size_t)(unit_end - key)))
		return false;
	const char *period = unit_end + 1;
	const char *period_end = memchr(period, '|', (size_t)(end - period));
	struct period span;
	if (period_end == NULL || period_parse(period, (size_t)(period_end - period), &span) != STATUS_OK)
		return false;
	const char *name = period_end + 1;
	size_t name_len = (size_t)(end - name);
	return is_code(name, name_len, LIMIT_NAME) && memchr(name, '|', name_len) == NULL;
}

bool schema_key_ok(enum kind kind, const char *key, size_t len)
{
	if (len == 0)
		return false;
	switch (kind) {
	case KIND_DOSSIER:
	case KIND_EQUIPMENT:
		return is_code(key, len, LIMIT_CODE);
	case KIND_INDICATOR:
		return is_indicator_key(key, len);
	case KIND_NONE:
	case KIND_COUNT:
		break;
	}
	return false;
}
