#include "config/wording.h"

#include <stddef.h>
#include <string.h>

#include "config/messages.h"
#include "protocol/calendar.h"

struct wording {
	const char *word;
	const char *meaning;
};

static const struct wording reasons[] = {
	/* a row */
	{"not-text", N_("not readable as UTF-8 text, or with control characters")},
	{"not-json", N_("not one JSON object on a line")},
	{"too-long", N_("the row is too long")},
	{"too-wide", N_("the row has too many columns")},
	{"shape", N_("more cells than headings, or a quotation mark without its end")},
	{"no-kind", N_("it cannot be told whether this is a dossier, equipment or an indicator")},
	{"no-key", N_("the code is missing (of an indicator: its name, its period, or its unit)")},
	{"bad-key", N_("the code is not acceptable (of an indicator: its name or period)")},
	{"no-time", N_("the time of the change is missing or unreadable")},
	{"unknown-word", N_("a word that is not in the list for this column")},
	{"bad-time", N_("not a date or time")},
	{"bad-number", N_("not a whole number")},
	{"bad-value", N_("not acceptable here: too long, out of range, or not what this column holds")},
	{"status-at-alone", N_("the time of a status without the status")},
	{"nothing", N_("nothing is stated besides the code")},
	{"twice", N_("two columns say the same thing")},
	{"unknown-field", N_("this kind of record has no such field")},
	{"replaces-self", N_("a code cannot replace itself")},
	{"not-provisional", N_("only a provisional code, which begins with L-, can be replaced")},
	{"provisional", N_("only an official code can replace another; this one is provisional")},
	/* a table */
	{"header-unknown", N_("no row at the beginning has headings that are known; is it the right file?")},
	{"header-no-key", N_("headings are known, but none for the codes of dossiers or equipment, or the names of"
			     " indicators; say with --map which column has them")},
	{"header-repeated", N_("a heading stands there twice")},
	{"header-empty", N_("a heading is empty")},
	{"header-not-text", N_("a heading is not readable as text")},
	{"header-quote", N_("a quotation mark in the first row has no end")},
	{"utf-16", N_("the file is UTF-16; save it as CSV UTF-8")},
	{"tcvn3",
	 N_("the letters are TCVN3 (ABC), of .VnTime fonts; convert them to Unicode first, for example with"
	    " the toolkit of UniKey (Ctrl+Shift+F6)")},
	{"vni", N_("the letters are VNI, of VNI-Times fonts; convert them to Unicode first, for example with the"
		   " toolkit of UniKey (Ctrl+Shift+F6)")},
	{"windows-1258", N_("the letters are Vietnamese of Windows (code page 1258); save it as CSV UTF-8")},
	{"utf-8-twice",
	 N_("the Vietnamese letters were spoilt when the file was saved; export it anew, and open it as"
	    " UTF-8 (65001) where Excel asks for the origin of the file")},
	{"not-utf-8", N_("not a text file in UTF-8; save the table as CSV UTF-8")},
	{"spreadsheet", N_("an Excel workbook; save the sheet as CSV UTF-8")},
	{"excel-97", N_("a workbook of Excel 97-2003 (.xls) or one under a password; save it as .xlsx without a"
			" password, or as CSV UTF-8")},
	{"no-workbook", N_("no workbook of Excel; save the sheet as .xlsx or CSV UTF-8")},
	{"no-table", N_("a web page without a table; export the list anew")},
	{"damaged", N_("the file is damaged; export it anew")},
	{"too-large", N_("the file is too large; export it in parts")},
	{"cut-off", N_("reading broke off: the file is too large or damaged; save it as CSV UTF-8")},
	{"no-reader",
	 N_("motcua-tables, which reads such files, is missing beside this program; install it again, or"
	    " save the table as CSV UTF-8")},
	{"other-format", N_("the file is not of the format given with --format; leave --format out")},
	{"html", N_("a web page, not a table; open it in Excel and save it as CSV UTF-8")},
	{"empty", N_("the file is empty")},
	{"not-a-file", N_("this is not a file")},
	{"wrong-date", N_("a date that cannot be: in the future, before 1990, or an end before the receipt")},
	{"no-receipt-dates", N_("no column with the date of receipt, without which nothing can be counted")},
	/* a verdict of the hub */
	{"unreadable", N_("the hub could not read the batch")},
	{"invalid", N_("the hub's record table does not allow this value")},
	{"unknown-unit", N_("the province's list has no such unit")},
	{"other-unit", N_("a unit this computer does not write for")},
	{"too-many-changes", N_("this thing has been changed too often")},
	{"unit", N_("units that do not stand above each other claim it")},
	{"procedure", N_("different procedures")},
	{"received", N_("different days of receipt")},
	{"no-say", N_("a computer without a say wrote to it; that does not count")},
	/* a list of units */
	{"unit-no-code", N_("the column code is missing or empty")},
	{"unit-code", N_("the code is not acceptable: letters, digits, dot, hyphen and underscore")},
	{"unit-no-name", N_("the column name is missing or empty")},
	{"unit-name", N_("the name is too long")},
	{"unit-phone", N_("the telephone number is too long")},
	{"unit-level", N_("the level is province, department, district or commune")},
	{"unit-province",
	 N_("the one province of this hub is the one it was set up for; a former one needs valid_to")},
	{"unit-parent", N_("every unit but the province needs a parent, which is another unit")},
	{"unit-date", N_("a day is written YYYY-MM-DD or DD/MM/YYYY")},
	{"unit-period", N_("valid_to lies before valid_from")},
	{"unit-twice", N_("the code stands in the file twice")},
	{"unit-versions", N_("several units have had this code; say from or to which day the row holds")},
	{"unit-overlap", N_("a unit in the list already has this code on some of these days and after them")},
	{"unit-none-chosen", N_("nothing in the file stands below the units that --only names")},
	{"unit-parent-days", N_("the parent is not valid on any day of this unit")},
	{"succession-code", N_("the code of the old or the new unit is missing or not acceptable")},
	{"succession-kind", N_("the kind is merge, split, rename or transfer")},
	{"succession-date", N_("the column from is a day, YYYY-MM-DD or DD/MM/YYYY")},
	{"succession-unknown",
	 N_("this unit is not in the list; read its list in first, or leave such rows out with --known-only")},
	{"succession-not-before", N_("the old unit was not valid on the day before; look at its valid_to")},
	{"succession-not-after", N_("the new unit is not valid on that day; look at its valid_from")},
	{"succession-same", N_("old and new are one unit in the list; read the new list in first, with the day "
			       "from which it is valid")},
	{"succession-not-ended", N_("the old unit is valid still on that day; give it its valid_to")},
	{"succession-several", N_("a unit that went into several was divided: its kind is split in each row")},
	{"succession-twice", N_("this row stands in the file twice")},
	{"succession-too-many", N_("the file has too many rows")},
	{"target-columns", N_("the columns are name, period and target")},
	{"target-value", N_("a target is a percentage such as 95 or 95.5")},
	{"target-twice", N_("this indicator and period stand there twice")},
	{"unit-too-many", N_("the file has too many units")},
	{"unit-cycle", N_("the parents of this unit lead back to it")},
	{"unit-parent-unknown", N_("this unit is named as a parent and is not in the list")},
	{NULL, NULL},
};

static const struct wording states[] = {
	{"active", N_("confirmed")},
	{"waiting", N_("waiting for confirmation")},
	{"unconfirmed", N_("at work, not confirmed yet")},
	{"suspended", N_("suspended")},
	{"revoked", N_("revoked")},
	{"held", N_("held (it contradicts itself)")},
	{NULL, NULL},
};

static const struct wording levels[] = {
	{"province", N_("province")},
	{"department", N_("department")},
	{"district", N_("district")},
	{"commune", N_("commune")},
	{NULL, NULL},
};

static const struct wording successions[] = {
	{"merge", N_("merged into")},
	{"split", N_("divided, a part to")},
	{"rename", N_("renamed")},
	{"transfer", N_("transferred to")},
	{NULL, NULL},
};

static const struct wording kinds[] = {
	{"dossier", N_("dossier")},
	{"equipment", N_("equipment")},
	{"indicator", N_("indicator")},
	{NULL, NULL},
};

static const struct wording acts[] = {
	{"init", N_("set up the hub")},
	{"units", N_("read a list of units")},
	{"invite", N_("invited a computer")},
	{"enrol", N_("enrolled a computer")},
	{"confirm", N_("confirmed a computer")},
	{"accept", N_("accepted a conflict as it stands")},
	{"split", N_("split a dossier")},
	{"retry", N_("had refused records judged again")},
	{"hold", N_("held a computer that contradicts itself")},
	{"release", N_("released a computer that was held")},
	{"suspend", N_("suspended a computer")},
	{"resume", N_("let a suspended computer in again")},
	{"revoke", N_("revoked a computer for good")},
	{"skip", N_("gave up lost batches of a computer")},
	{"epoch", N_("began anew after being put back from a copy")},
	{"close", N_("closed a period")},
	{"succession", N_("read what units succeeded others")},
	{"assign", N_("assigned a computer to a unit")},
	{NULL, NULL},
};

static const struct wording findings[] = {
	{"gap", N_("an entry is missing")},
	{"chain", N_("the entry does not continue the one before it")},
	{"signature", N_("a signature does not match")},
	{"unreadable", N_("the entry cannot be read")},
	{"state", N_("a table differs from what the log gives")},
	{"closing", N_("what was frozen of a period is not what was known then")},
	{NULL, NULL},
};

static const char *look_up(const struct wording *table, const char *word)
{
	for (; table->word != NULL; table++) {
		if (strcmp(table->word, word) == 0)
			return message(table->meaning);
	}
	return word;
}

const char *wording_reason(const char *word)
{
	return look_up(reasons, word);
}

const char *wording_state(const char *word)
{
	return look_up(states, word);
}

const char *wording_level(const char *word)
{
	return look_up(levels, word);
}

const char *wording_succession(const char *word)
{
	return look_up(successions, word);
}

const char *wording_kind(const char *word)
{
	return look_up(kinds, word);
}

const char *wording_act(const char *word)
{
	return look_up(acts, word);
}

const char *wording_finding(const char *word)
{
	return look_up(findings, word);
}

const char *wording_time(int64_t at, char ret_text[static WORDING_TIME])
{
	static const char midnight[] = "T00:00:00";
	enum { DATE_LEN = 10, SECONDS_LEN = 19 };
	char text[INSTANT_TEXT];
	time_format(at, text);
	size_t len = strlen(text);
	if (len >= SECONDS_LEN && strncmp(text + DATE_LEN, midnight, sizeof(midnight) - 1) == 0)
		len = DATE_LEN;
	else if (len > SECONDS_LEN)
		len = SECONDS_LEN;
	memcpy(ret_text, text, len);
	ret_text[len] = '\0';
	if (len == SECONDS_LEN)
		ret_text[DATE_LEN] = ' ';
	return ret_text;
}
