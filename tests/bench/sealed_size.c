/*
 * What a batch weighs: sealed_size < CHANGES.ndjson reads at most 4,096 changes, seals them as one batch the way an
 * agent does and prints the bytes of the envelope. Every row must state changed_at.
 */
#include <stdio.h>
#include <string.h>

#include "protocol/batch.h"
#include "protocol/tables/reader.h"

/* What stands in the head does not compress, whatever it is; these are lengths that turn up. */
enum { A_SEQ = 1000, AN_EPOCH = 1, A_COUNTER = 100000, SEALED_AFTER_MS = 60 * 1000 };

struct sealing {
	struct batch_writer *writer;
	struct bytes scratch;
	int64_t last_change;
};

static enum status read_stdin(void *context, void *buf, size_t len, size_t *ret_len)
{
	(void)context;
	*ret_len = fread(buf, 1, len, stdin);
	return ferror(stdin) ? STATUS_DISK : STATUS_OK;
}

static enum status add_row(void *context, const struct row *row, enum row_fault fault)
{
	struct sealing *sealing = context;
	const struct row_defaults defaults = {.kind = KIND_NONE, .changed_at = TIME_UNSET};
	struct row_result result = {.fault = fault};
	struct change change;
	struct change second;
	enum status s = STATUS_REFUSED;
	if (fault == ROW_OK)
		s = row_change(row, &defaults, &sealing->scratch, &change, &second, NULL, &result);
	if (s == STATUS_OK)
		s = change_check(&change, NULL);
	if (s == STATUS_OK)
		s = batch_writer_add(sealing->writer, &change);
	if (s == STATUS_OK && second.kind != KIND_NONE)
		s = batch_writer_add(sealing->writer, &second);
	if (s == STATUS_OK)
		sealing->last_change = change.changed_at;
	else
		(void)fprintf(stderr, "sealed_size: line %lld: %s %s\n", (long long)row->line, status_code(s),
			      row_fault_name(result.fault));
	return s;
}

static enum status seal(const struct sealing *sealing, struct bytes *out)
{
	static const uint8_t seed[SEED_LEN] = {1};
	uint8_t noise[HASH_LEN];
	hash_bytes(slice_of(seed, sizeof(seed)), noise);
	struct batch_head head = {.incarnation = {.ordinal = 1, .bits = UINT64_MAX},
				  .seq = A_SEQ,
				  .sealed_at = sealing->last_change + SEALED_AFTER_MS,
				  .head_epoch = AN_EPOCH,
				  .head_counter = A_COUNTER,
				  .head_time = sealing->last_change};
	memcpy(head.device, noise, DEVICE_ID_LEN);
	memcpy(head.prev, noise, HASH_LEN);
	struct signing_key *key = signing_key_new(seed);
	if (key == NULL)
		return STATUS_NO_MEMORY;
	enum status s = batch_seal(sealing->writer, &head, noise, key, out);
	signing_key_free(key);
	return s;
}

int main(void)
{
	struct sealing sealing = {.scratch = bytes_new(2 * (size_t)LIMIT_LINE)};
	struct bytes envelope = bytes_new(LIMIT_BATCH_SEALED);
	struct reader_report report;
	enum status s = sign_start();
	if (s != STATUS_OK)
		goto out;
	s = STATUS_NO_MEMORY;
	sealing.writer = batch_writer_new();
	if (sealing.writer == NULL)
		goto out;
	s = reader_run(FORMAT_NDJSON, read_stdin, NULL, add_row, &sealing, &report);
	if (s == STATUS_OK)
		s = seal(&sealing, &envelope);
	if (s == STATUS_OK)
		(void)printf("%zu\n", envelope.len);
out:
	if (s != STATUS_OK)
		(void)fprintf(stderr, "sealed_size: %s\n", status_code(s));
	batch_writer_free(sealing.writer);
	bytes_free(&sealing.scratch);
	bytes_free(&envelope);
	return status_exit(s);
}
