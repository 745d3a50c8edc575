#include "protocol/tables/legacy.h"

#include <string.h>

#include "protocol/cbor.h"

/* From 0xA1 on; "" where TCVN3 has no letter. */
static const char *const tcvn3[] = {
	"Ă", "Â", "Ê", "Ô", "Ơ", "Ư", "Đ", "ă", "â", "ê", "ô", "ơ", "ư", "đ", "",  "",  "",  "",  "",
	"",  "à", "ả", "ã", "á", "ạ", "",  "ằ", "ẳ", "ẵ", "ắ", "",  "",  "",  "",  "",  "",  "",  "ặ",
	"ầ", "ẩ", "ẫ", "ấ", "ậ", "è", "",  "ẻ", "ẽ", "é", "ẹ", "ề", "ể", "ễ", "ế", "ệ", "ì", "ỉ", "",
	"",  "",  "ĩ", "í", "ị", "ò", "",  "ỏ", "õ", "ó", "ọ", "ồ", "ổ", "ỗ", "ố", "ộ", "ờ", "ở", "ỡ",
	"ớ", "ợ", "ù", "",  "ủ", "ũ", "ú", "ụ", "ừ", "ử", "ữ", "ứ", "ự", "ỳ", "ỷ", "ỹ", "ý", "ỵ",
};
enum { BLANK = 0xA0, TCVN3_FIRST = 0xA1, TCVN3_COUNT = sizeof(tcvn3) / sizeof(tcvn3[0]) };

#define GRAVE "\u0300"
#define ACUTE "\u0301"
#define ROOF  "\u0302"
#define TILDE "\u0303"
#define BREVE "\u0306"
#define HOOK  "\u0309"
#define DOT   "\u0323"

struct letter {
	uint8_t byte;
	const char *text;
};

/* Small letters; the capital is 0x20 less, and so is its mark. */
static const struct letter vni[] = {
	/* marks on the letter before */
	{0xF8, GRAVE},
	{0xF9, ACUTE},
	{0xFB, HOOK},
	{0xF5, TILDE},
	{0xEF, DOT},
	{0xE2, ROOF},
	{0xE0, ROOF GRAVE},
	{0xE1, ROOF ACUTE},
	{0xE5, ROOF HOOK},
	{0xE3, ROOF TILDE},
	{0xE4, ROOF DOT},
	{0xEA, BREVE},
	{0xE8, BREVE GRAVE},
	{0xE9, BREVE ACUTE},
	{0xFA, BREVE HOOK},
	{0xFC, BREVE TILDE},
	{0xEB, BREVE DOT},
	/* letters of their own */
	{0xF4, "ơ"},
	{0xF6, "ư"},
	{0xF1, "đ"},
	{0xEE, "ỵ"},
	{0xEC, "ì"},
	{0xED, "í"},
	{0xE6, "ỉ"},
	{0xF3, "ĩ"},
	{0xF2, "ị"},
	{0, NULL},
};

static const struct letter windows[] = {
	{0xC3, "Ă"}, {0xE3, "ă"},   {0xD0, "Đ"},  {0xF0, "đ"},   {0xD5, "Ơ"},   {0xF5, "ơ"}, {0xDD, "Ư"},
	{0xFD, "ư"}, {0xCC, GRAVE}, {0xD2, HOOK}, {0xDE, TILDE}, {0xEC, ACUTE}, {0xF2, DOT}, {0, NULL},
};

/* windows-1252 from 0x80 to 0x9F: the code points its bytes stand for; 0 where it has none. */
static const uint16_t high[32] = {
	0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

const char *legacy_name(enum legacy encoding)
{
	static const char *const names[LEGACY_COUNT] = {"tcvn3", "vni", "windows-1258", "utf-8-twice"};
	return names[encoding];
}

static const char *find(const struct letter *table, uint8_t byte)
{
	for (; table->text != NULL; table++)
		if (table->byte == byte)
			return table->text;
	return NULL;
}

static void put_point(struct bytes *out, uint32_t point)
{
	if (point >= 0x80)
		bytes_put_u8(out, (uint8_t)(0xC0 | point >> 6));
	bytes_put_u8(out, point >= 0x80 ? (uint8_t)(0x80 | (point & 0x3F)) : (uint8_t)point);
}

/* False if the encoding has no such byte. */
static bool put_byte(enum legacy encoding, uint8_t byte, struct bytes *out)
{
	const char *text = NULL;
	if (byte < 0x80 || (byte == BLANK && encoding != LEGACY_TWICE)) {
		bytes_put_u8(out, byte < 0x80 ? byte : ' ');
		return true;
	}
	switch (encoding) {
	case LEGACY_TCVN3:
		if (byte >= TCVN3_FIRST && byte - TCVN3_FIRST < TCVN3_COUNT)
			text = tcvn3[byte - TCVN3_FIRST];
		break;
	case LEGACY_VNI:
		text = find(vni, byte | 0x20);
		break;
	case LEGACY_WINDOWS:
		text = find(windows, byte);
		if (text == NULL)
			put_point(out, byte);
		if (text == NULL)
			return byte > BLANK;
		break;
	case LEGACY_TWICE:
	case LEGACY_COUNT:
		bytes_put_u8(out, byte);
		return true;
	}
	if (text != NULL)
		bytes_put_str(out, text);
	return text != NULL && text[0] != '\0';
}

/* The byte of windows-1252 that the letter at the front stands for, which is taken off; -1 if it has none. */
static int take_byte(struct slice *text)
{
	size_t len = 1;
	while (len < 4 && len < text->len && (text->data[len] & 0xC0) == 0x80)
		len++;
	uint32_t point = text->data[0];
	if (len > 1)
		point &= 0xFFU >> (len + 1);
	for (size_t i = 1; i < len; i++)
		point = point << 6 | (text->data[i] & 0x3FU);
	*text = slice_of(text->data + len, text->len - len);
	if (point < 0x100)
		return (int)point;
	for (int i = 0; i < 32; i++)
		if (high[i] == point)
			return 0x80 + i;
	return -1;
}

enum status legacy_decode(enum legacy encoding, struct slice text, struct bytes *out)
{
	bool letters = utf8_valid(text.data, text.len);
	bytes_clear(out);
	while (text.len > 0) {
		int byte = text.data[0];
		if (letters)
			byte = take_byte(&text);
		else
			text = slice_of(text.data + 1, text.len - 1);
		if (byte < 0 || !put_byte(encoding, (uint8_t)byte, out))
			return STATUS_REFUSED;
	}
	if (bytes_status(out) == STATUS_OK && !utf8_valid(out->data, out->len))
		return STATUS_REFUSED;
	return bytes_status(out);
}
