/*
 * Workbooks as motcua-tables reads them: a package as it is, or, so that what lies behind the check values of a
 * package is reached, parts with a zero byte between them (sheet, strings, styles, workbook, its relations), packed
 * here.
 */
#include "foreign.h"

#include <string.h>
#include <zlib.h>

#include "protocol/tables/foreign/xlsx.h"

#define MAIN   "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

struct part {
	const char *name;
	const char *usual; /* where the input has none */
	uint32_t offset;
	uint32_t crc;
	uint32_t len;
};

static void put_le(struct bytes *out, uint32_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		bytes_put_u8(out, (uint8_t)(number >> 8 * i));
}

/* What the two headers of a stored part share. */
static void put_header(struct bytes *out, const struct part *part)
{
	static const uint8_t version_flags_method_time[] = {20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x58};
	bytes_put(out, version_flags_method_time, sizeof(version_flags_method_time));
	put_le(out, part->crc, 4);
	put_le(out, part->len, 4);
	put_le(out, part->len, 4);
	put_le(out, (uint32_t)strlen(part->name), 2);
	put_le(out, 0, 2);
}

static void put_part(struct bytes *out, struct part *part, struct slice content)
{
	part->offset = (uint32_t)out->len;
	part->len = (uint32_t)content.len;
	part->crc = (uint32_t)crc32(0, content.data, (uInt)content.len);
	bytes_put(out, "PK\3\4", 4);
	put_header(out, part);
	bytes_put_str(out, part->name);
	bytes_put(out, content.data, content.len);
}

static void put_directory(struct bytes *out, const struct part *parts, size_t n)
{
	uint32_t start = (uint32_t)out->len;
	for (size_t i = 0; i < n; i++) {
		bytes_put(out, "PK\1\2\24\0", 6);
		put_header(out, &parts[i]);
		put_le(out, 0, 4);
		put_le(out, 0, 4);
		put_le(out, 0, 2);
		put_le(out, parts[i].offset, 4);
		bytes_put_str(out, parts[i].name);
	}
	uint32_t len = (uint32_t)out->len - start;
	bytes_put(out, "PK\5\6\0\0\0\0", 8);
	put_le(out, (uint32_t)n, 2);
	put_le(out, (uint32_t)n, 2);
	put_le(out, len, 4);
	put_le(out, start, 4);
	put_le(out, 0, 2);
}

static void pack(struct slice input, struct bytes *out)
{
	struct part parts[] = {
		{.name = "xl/worksheets/sheet1.xml", .usual = ""},
		{.name = "xl/sharedStrings.xml", .usual = "<sst><si><t>code</t></si></sst>"},
		{.name = "xl/styles.xml",
		 .usual = "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"},
		{.name = "xl/workbook.xml",
		 .usual = "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" OFFICE
			  "\"><sheets><sheet name=\"a\" r:id=\"r1\"/></sheets></workbook>"},
		{.name = "xl/_rels/workbook.xml.rels",
		 .usual = "<R><Relationship Id=\"r1\" Type=\"/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
			  "<Relationship Id=\"r2\" Type=\"/sharedStrings\" Target=\"sharedStrings.xml\"/>"
			  "<Relationship Id=\"r3\" Type=\"/styles\" Target=\"styles.xml\"/></R>"},
		{.name = "_rels/.rels",
		 .usual = "<R><Relationship Id=\"r1\" Type=\"/officeDocument\" Target=\"xl/workbook.xml\"/></R>"},
	};
	const size_t n = sizeof(parts) / sizeof(parts[0]);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *end = input.len > 0 ? memchr(input.data, '\0', input.len) : NULL;
		size_t len = end == NULL ? input.len : (size_t)(end - input.data);
		put_part(out, &parts[i], len > 0 ? slice_of(input.data, len) : slice_str(parts[i].usual));
		len += end != NULL;
		input = slice_of(input.data + len, input.len - len);
	}
	put_directory(out, parts, n);
}

static void read_workbook(struct slice file)
{
	struct bytes written = bytes_new(FOREIGN_MAX);
	struct rows_out out = rows_out_new(foreign_sink, &written);
	const char *reason = NULL;
	enum status s = xlsx_read(file, &out, &reason);
	hold(s == STATUS_OK || s == STATUS_LIMIT, "what a workbook can be");
	if (s == STATUS_OK && rows_out_end(&out, reason) == STATUS_OK)
		foreign_read_back(FORMAT_XLSX, &written);
	rows_out_free(&out);
	bytes_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes packed = bytes_new(2 * FUZZ_MAX);
	if (len >= 2 && memcmp(data, "PK", 2) == 0) {
		read_workbook(slice_of(data, len));
		return 0;
	}
	pack(slice_of(data, len), &packed);
	if (bytes_status(&packed) == STATUS_OK)
		read_workbook(bytes_slice(&packed));
	bytes_free(&packed);
	return 0;
}
