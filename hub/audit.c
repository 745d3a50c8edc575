#include "hub/audit.h"

#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "config/log.h"
#include "protocol/cbor.h"

#define FILE_NAME "verified"

enum { FILE_VERSION = 1, FILE_ITEMS = 5, FILE_MAX = 256, OWNER_ONLY = 0600 };

/* The alarm names no key: `verify` prints these. */
static void tell_journal(const struct verify_report *report, enum status outcome)
{
	if (outcome == STATUS_OK)
		log_event(LOG_NOTICE, "event=verified entries=%lld", (long long)report->entries);
	else if (outcome == STATUS_DIFFERENT)
		log_event(LOG_ERROR, "event=verify-differs differences=%lld entries=%lld first=%s entry=%lld",
			  (long long)report->n_findings, (long long)report->entries,
			  verify_finding_name(report->findings[0].kind), (long long)report->findings[0].entry);
	else
		log_event(LOG_ERROR, "event=verify-failed code=%s entries=%lld", status_code(outcome),
			  (long long)report->entries);
}

enum status audit_note(const struct hub *hub, const struct verify_report *report, enum status outcome)
{
	const char *code = status_code(outcome);
	struct bytes file = bytes_new(FILE_MAX);
	tell_journal(report, outcome);
	cbor_put_array(&file, FILE_ITEMS);
	cbor_put_uint(&file, FILE_VERSION);
	cbor_put_int(&file, hub_now(hub));
	cbor_put_uint(&file, (uint64_t)report->entries);
	cbor_put_uint(&file, (uint64_t)report->n_findings);
	cbor_put_text(&file, code, strlen(code));
	enum status s = bytes_status(&file);
	if (s == STATUS_OK)
		s = dir_write(hub->dir, FILE_NAME, bytes_slice(&file), OWNER_ONLY);
	bytes_free(&file);
	return s;
}

static enum status read_file(struct slice file, struct audit *ret_audit)
{
	struct cbor r = cbor_reader(file.data, file.len);
	struct audit a = {0};
	cbor_array_of(&r, FILE_ITEMS);
	(void)cbor_int(&r, FILE_VERSION, FILE_VERSION); /* only whether it is there */
	a.at = cbor_int(&r, TIME_MIN, TIME_MAX);
	a.entries = (int64_t)cbor_uint(&r, INT64_MAX);
	a.differences = (int64_t)cbor_uint(&r, INT64_MAX);
	struct slice code = cbor_text(&r, sizeof(a.code) - 1);
	if (cbor_end(&r) != STATUS_OK)
		return STATUS_CORRUPT;
	memcpy(a.code, code.data, code.len);
	*ret_audit = a;
	return STATUS_OK;
}

enum status audit_read(const char *dir, struct audit *ret_audit)
{
	struct bytes file = bytes_new(FILE_MAX);
	enum status s = dir_read(dir, FILE_NAME, &file);
	if (s == STATUS_OK)
		s = read_file(bytes_slice(&file), ret_audit);
	else if (s == STATUS_LIMIT)
		s = STATUS_CORRUPT;
	bytes_free(&file);
	return s;
}

bool audit_is_good(const struct audit *audit)
{
	return strcmp(audit->code, status_code(STATUS_OK)) == 0 && audit->differences == 0;
}
