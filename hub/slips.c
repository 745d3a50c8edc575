#include "hub/slips.h"

#include <string.h>

#include "config/messages.h"
#include "protocol/calendar.h"
#include "protocol/tables/html_text.h"

enum { GROUP = 4, GROUPS_A_LINE = 6 };

/* Output is checked once, by whoever opened the stream. */
static void put(const struct slip_sheet *sheet, const char *html)
{
	(void)fputs(html, sheet->out);
}

/* Three to a page, each with a line to cut along below it. */
static const char STYLE[] =
	"@page { size: A4 portrait; margin: 10mm 14mm }\n"
	"* { box-sizing: border-box; margin: 0; padding: 0 }\n"
	"body { font: 10pt/1.3 \"DejaVu Sans\", Arial, sans-serif; color: #000; background: #fff;"
	" max-width: 182mm; margin: 0 auto }\n"
	".slip { min-height: 91mm; padding: 3mm 0; border-bottom: 0.4mm dashed #555; break-inside: avoid;"
	" page-break-inside: avoid }\n"
	".top { display: flex; justify-content: space-between; gap: 6mm; font-size: 9pt }\n"
	"h1 { font-size: 13pt; margin: 1mm 0 1.5mm; overflow-wrap: anywhere }\n"
	".code { border: 0.5mm solid #000; padding: 2mm 3mm; margin-bottom: 2mm;"
	" font: bold 18pt/1.3 \"DejaVu Sans Mono\", \"Liberation Mono\", \"Courier New\", monospace }\n"
	".code .host { font-size: 12pt; overflow-wrap: anywhere; display: block }\n"
	".code span { display: inline-block; margin-right: 3.4mm }\n"
	"ol { padding-left: 6mm } li { margin-bottom: 0.5mm }\n"
	"kbd { font: bold 10pt \"DejaVu Sans Mono\", \"Liberation Mono\", \"Courier New\", monospace }\n"
	".keep { font-size: 9pt; margin-top: 1.5mm }\n";

enum status slips_sheet(struct hub *hub, FILE *out, bool confirm, struct slip_sheet *ret_sheet)
{
	struct slip_sheet sheet = {.out = out, .province = hub->identity.name, .confirm = confirm};
	struct query q = query_start(hub->db, "SELECT phone FROM unit WHERE code = ?1"
					      " ORDER BY valid_from DESC LIMIT 1");
	query_text(&q, 1, hub->identity.province);
	if (query_row(&q)) {
		struct slice phone = query_get_text(&q, 0);
		if (phone.len > 0 && phone.len < sizeof(sheet.phone))
			memcpy(sheet.phone, phone.data, phone.len);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_sheet = sheet;
	return s;
}

void slips_begin(const struct slip_sheet *sheet)
{
	put(sheet, "<!DOCTYPE html>\n<html lang=\"");
	put(sheet, messages_language());
	put(sheet, "\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		   "'unsafe-inline'\">\n"
		   "<meta name=\"referrer\" content=\"no-referrer\">\n");
	html_element(sheet->out, "<title>", _("Invitations"), "</title>\n<style>\n");
	put(sheet, STYLE);
	put(sheet, "</style>\n</head>\n<body>\n");
}

static void put_until(const struct slip_sheet *sheet, int64_t expires)
{
	enum { MONTH_AT = 5, DAY_AT = 8, TIME_AT = 11 };
	char at[INSTANT_TEXT];
	char text[2 * INSTANT_TEXT];
	time_format(expires, at); /* 2024-05-22T11:00:00… */
	(void)snprintf(text, sizeof(text), "%.5s, %.2s/%.2s/%.4s", at + TIME_AT, at + DAY_AT, at + MONTH_AT,
		       at); /* sized for it */
	html_element(sheet->out, "<strong>", text, "</strong>");
}

/* The address as it is, the code in groups that the eye can keep. */
static void put_code(const struct slip_sheet *sheet, const char *code)
{
	const char *slash = strrchr(code, '/');
	const char *secret = slash == NULL ? code : slash + 1;
	put(sheet, "<p class=\"code\">");
	if (slash != NULL) {
		put(sheet, "<span class=\"host\">");
		html_slice(sheet->out, slice_of((const uint8_t *)code, (size_t)(secret - code)));
		put(sheet, "</span>\n");
	}
	for (size_t len = strlen(secret), at = 0; at < len; at += GROUP) {
		size_t rest = len - at;
		put(sheet, "<span>");
		html_slice(sheet->out, slice_of((const uint8_t *)secret + at, rest < GROUP ? rest : GROUP));
		put(sheet, at / GROUP + 1 == GROUPS_A_LINE ? "</span><br>\n" : "</span>\n");
	}
	put(sheet, "</p>\n");
}

static void put_steps(const struct slip_sheet *sheet, bool with_address)
{
	put(sheet, "<ol>\n<li>");
	html_text(sheet->out, _("At the one-stop computer, as its administrator, run:"));
	put(sheet, " <kbd>motcua-agent enroll</kbd></li>\n<li>");
	html_text(sheet->out,
		  with_address ? _("Type what stands in the box: the address with its slash, then the code. "
				   "Blanks and capitals do not matter.")
			       : _("Type the code in the box; blanks and capitals do not matter. The province "
				   "tells the address, for --url, or how to enrol without a line."));
	put(sheet, "</li>\n<li>");
	html_text(sheet->out, sheet->confirm
				      ? _("Call the province and read out the 32 digits that appear. Once they are "
					  "confirmed, the computer is let in; what is entered until then is kept.")
				      : _("You can work at once. Call the province all the same and read out the "
					  "32 digits that appear, so that they can be confirmed."));
	if (sheet->phone[0] != '\0') {
		put(sheet, " ");
		html_text(sheet->out, _("Telephone:"));
		html_element(sheet->out, " <strong>", sheet->phone, "</strong>");
	}
	put(sheet, "</li>\n</ol>\n");
}

void slips_put(const struct slip_sheet *sheet, const struct slip *slip)
{
	put(sheet, "<section class=\"slip\">\n<p class=\"top\"><span>");
	html_slice(sheet->out, sheet->province);
	html_element(sheet->out, "</span><span>", _("Motcua Sync: invitation of a computer"), "</span></p>\n");
	html_element(sheet->out, "<h1>", slip->unit->name, "");
	html_element(sheet->out, " (", slip->unit->code, ")</h1>\n");
	put_code(sheet, slip->code);
	put_steps(sheet, strchr(slip->code, '/') != NULL);
	put(sheet, "<p class=\"keep\">");
	html_text(sheet->out, _("For one computer, once. Can be used until"));
	put(sheet, " ");
	put_until(sheet, slip->expires);
	put(sheet, ". ");
	html_text(
		sheet->out,
		_("Whoever has this slip can enrol in the name of the unit: hand it over in person and destroy it "
		  "afterwards. If the code is said to be used already, call the province at once."));
	put(sheet, "</p>\n</section>\n");
}

void slips_end(const struct slip_sheet *sheet)
{
	put(sheet, "</body>\n</html>\n");
}
