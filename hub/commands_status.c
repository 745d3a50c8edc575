#include <stdio.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/acts_log.h"
#include "hub/audit.h"
#include "hub/backup_note.h"
#include "hub/commands.h"
#include "hub/disk_space.h"
#include "protocol/tables/writer.h"

struct overview {
	int64_t entries;
	int64_t batches;
	int64_t pending;
	int64_t forks;
	int64_t devices[DEVICE_REVOKED + 1]; /* but the held ones */
	int64_t held;
	int64_t last_accepted;
	bool has_backup;
	struct backup_note backup;
	struct bytes acts_path; /* empty: nowhere */
	int64_t acts_behind;    /* acts that are not there, -1: the file cannot be read */
	int64_t disk_free;      /* bytes, -1: the disk does not say */
};

static enum status count_rows(struct database *db, struct overview *o)
{
	struct query q = query_start(db, "SELECT (SELECT count(*) FROM log), (SELECT count(*) FROM batch),"
					 " (SELECT count(*) FROM pending), (SELECT count(*) FROM evidence),"
					 " (SELECT accepted_at FROM log ORDER BY n DESC LIMIT 1)");
	if (query_row(&q)) {
		o->entries = query_get_int(&q, 0);
		o->batches = query_get_int(&q, 1);
		o->pending = query_get_int(&q, 2);
		o->forks = query_get_int(&q, 3);
		o->last_accepted = query_is_null(&q, 4) ? TIME_UNSET : query_get_int(&q, 4);
	}
	return query_finish(&q);
}

static enum status look_at_backups(struct hub *hub, struct overview *o)
{
	o->acts_path = bytes_new(2 * (size_t)BACKUP_PATH);
	enum status s = backup_note_get(hub, &o->backup);
	o->has_backup = s == STATUS_OK;
	if (disk_space(hub->dir, &o->disk_free) != STATUS_OK)
		o->disk_free = -1;
	return s == STATUS_OK || s == STATUS_EMPTY ? acts_log_look(hub, &o->acts_path, &o->acts_behind) : s;
}

/* A computer that waits for the operator: held, or not confirmed yet. */
static bool needs_attention(const struct device *device)
{
	enum status s = device_check(device);
	return s == STATUS_FORK || s == STATUS_WAITING_DEVICE;
}

static const char *unit_of(const struct hub *hub, const struct device *device)
{
	return device->unit == UNIT_NONE ? "" : registry_unit(hub->registry, device->unit)->code;
}

static void print_attention_json(struct json_writer *w, const struct hub *hub, const struct device *device)
{
	char id[2 * DEVICE_ID_LEN + 1];
	if (!needs_attention(device))
		return;
	json_object(w);
	json_member_str(w, "device", hex_format(device->id, DEVICE_ID_LEN, id));
	json_member_str(w, "unit", unit_of(hub, device));
	json_member_str(w, "state", device_standing(device));
	json_object_end(w);
}

static void print_attention(const struct hub *hub)
{
	for (int i = 0; i < registry_device_count(hub->registry); i++) {
		const struct device *device = registry_device(hub->registry, i);
		char id[2 * DEVICE_ID_LEN + 1];
		if (needs_attention(device))
			(void)printf(_("Needs you: computer %s of unit %s, %s\n"),
				     hex_format(device->id, DEVICE_ID_LEN, id), unit_of(hub, device),
				     wording_state(device_standing(device)));
	}
}

static void print_backup_json(struct json_writer *w, const struct overview *o)
{
	char at[INSTANT_TEXT];
	char digest[2 * HASH_LEN + 1];
	json_key(w, "backup");
	if (!o->has_backup) {
		json_null(w);
	} else {
		json_object(w);
		json_member_str(w, "at", time_format(o->backup.at, at));
		json_member_str(w, "file", o->backup.path);
		json_member_int(w, "entries", o->backup.entry);
		json_member_int(w, "bytes", o->backup.bytes);
		json_member_str(w, "sha256", hex_format(o->backup.digest, HASH_LEN, digest));
		json_object_end(w);
	}
	json_member_int(w, "acts_behind", o->acts_behind);
	json_member_int(w, "disk_free", o->disk_free);
}

static void print_backup_text(const struct overview *o, int64_t reserve)
{
	char at[WORDING_TIME];
	if (o->has_backup)
		(void)printf(_("Last backup: %s, %s\n"), wording_time(o->backup.at, at), o->backup.path);
	else
		(void)printf("%s", _("Last backup: none\n"));
	if (o->acts_behind != 0)
		(void)printf(_("Needs you: what was done at the hub since is not all in %.*s\n"),
			     (int)o->acts_path.len, (const char *)o->acts_path.data);
	if (o->disk_free >= 0 && o->disk_free < reserve)
		(void)printf(_("Needs you: %lld MiB are left on the disk, and batches are refused\n"),
			     (long long)(o->disk_free / ((int64_t)1024 * 1024)));
}

static void print_audit_json(struct json_writer *w, const struct hub *hub)
{
	struct audit audit;
	char at[INSTANT_TEXT];
	enum status s = audit_read(hub->dir, &audit);
	json_key(w, "verified");
	if (s == STATUS_EMPTY) {
		json_null(w);
		return;
	}
	json_object(w);
	json_member_str(w, "at", s == STATUS_OK ? time_format(audit.at, at) : NULL);
	json_member_int(w, "entries", s == STATUS_OK ? audit.entries : 0);
	json_member_int(w, "differences", s == STATUS_OK ? audit.differences : 0);
	json_member_str(w, "error", s != STATUS_OK ? status_code(s) : audit_is_good(&audit) ? NULL : audit.code);
	json_object_end(w);
}

static void print_audit(const struct hub *hub)
{
	struct audit audit;
	char at[WORDING_TIME];
	enum status s = audit_read(hub->dir, &audit);
	if (s == STATUS_EMPTY)
		(void)printf("%s\n", _("Never verified in full: motcua-hub verify --full"));
	else if (s != STATUS_OK)
		(void)printf("%s\n",
			     _("Needs you: how the last full verification ended cannot be read; run 'verify "
			       "--full' again"));
	else if (audit_is_good(&audit))
		(void)printf(_("Verified in full: %s, no difference\n"), wording_time(audit.at, at));
	else if (audit.differences > 0)
		(void)printf(
			_("Needs you: the verification of %s found %lld differences; 'verify --full' names them\n"),
			wording_time(audit.at, at), (long long)audit.differences);
	else
		(void)printf(_("Needs you: the verification of %s did not come to its end (%s)\n"),
			     wording_time(audit.at, at), audit.code);
}

static void print_status_json(const struct hub *hub, const struct overview *o)
{
	char at[INSTANT_TEXT];
	char id[2 * HUB_ID_LEN + 1];
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_str(&w, "hub", hex_format(hub->identity.hub_id, HUB_ID_LEN, id));
	json_key(&w, "name");
	json_text(&w, hub->identity.name);
	json_member_int(&w, "epoch", (int64_t)hub->epoch);
	json_member_int(&w, "units", registry_unit_count(hub->registry));
	json_member_int(&w, "entries", o->entries);
	json_member_int(&w, "batches", o->batches);
	json_member_int(&w, "pending", o->pending);
	json_member_int(&w, "forks", o->forks);
	json_member_str(&w, "last_entry",
			o->last_accepted == TIME_UNSET ? NULL : time_format(o->last_accepted, at));
	print_backup_json(&w, o);
	json_key(&w, "devices");
	json_object(&w);
	for (int state = DEVICE_ACTIVE; state <= DEVICE_REVOKED; state++)
		json_member_int(&w, device_state_name((enum device_state)state), o->devices[state]);
	json_member_int(&w, "held", o->held);
	json_object_end(&w);
	json_key(&w, "attention");
	json_array(&w);
	for (int i = 0; i < registry_device_count(hub->registry); i++)
		print_attention_json(&w, hub, registry_device(hub->registry, i));
	json_array_end(&w);
	print_audit_json(&w, hub);
	json_object_end(&w);
	json_end_line(&w);
}

static void print_status_text(const struct hub *hub, const struct overview *o)
{
	char at[WORDING_TIME];
	(void)printf(_("Hub of %.*s, %d units\n"), (int)hub->identity.name.len,
		     (const char *)hub->identity.name.data, registry_unit_count(hub->registry));
	for (int state = DEVICE_ACTIVE; state <= DEVICE_REVOKED; state++)
		if (o->devices[state] > 0)
			(void)printf(_("Computers, %s: %lld\n"),
				     wording_state(device_state_name((enum device_state)state)),
				     (long long)o->devices[state]);
	if (o->held > 0)
		(void)printf(_("Computers, %s: %lld\n"), wording_state("held"), (long long)o->held);
	print_attention(hub);
	(void)printf(
		_("Batches in the log: %lld, waiting for a predecessor: %lld, contradicting their chain: %lld\n"),
		(long long)o->batches, (long long)o->pending, (long long)o->forks);
	if (o->last_accepted != TIME_UNSET)
		(void)printf(_("Last entry of the log: %s\n"), wording_time(o->last_accepted, at));
	print_backup_text(o, hub->disk_reserve);
	print_audit(hub);
}

static void count_devices(const struct registry *r, struct overview *o)
{
	for (int i = 0; i < registry_device_count(r); i++) {
		const struct device *device = registry_device(r, i);
		if (device_check(device) == STATUS_FORK)
			o->held++;
		else
			o->devices[device->state]++;
	}
}

int command_status(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, false, &exit_status);
	if (hub == NULL)
		return exit_status;
	struct overview o = {.last_accepted = TIME_UNSET};
	enum status s = count_rows(hub->db, &o);
	if (s == STATUS_OK)
		s = look_at_backups(hub, &o);
	count_devices(hub->registry, &o);
	if (s == STATUS_OK && inv->json)
		print_status_json(hub, &o);
	else if (s == STATUS_OK)
		print_status_text(hub, &o);
	hub_close(hub);
	bytes_free(&o.acts_path);
	if (s == STATUS_OK)
		s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, "%s: %s", inv->data, status_sentence(s));
}
