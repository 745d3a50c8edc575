/* make_seeds DIR: the vectors as bytes, each in the folders of the targets that read its kind. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "protocol/batch_pack.h"
#include "protocol/cbor.h"
#include "tests/support/batch_split.h"

enum { PATH_ROOM = 4096 };

static void write_seed(const char *dir, const char *target, const char *name, struct slice content)
{
	char path[PATH_ROOM];
	int len = snprintf(path, sizeof(path), "%s/%s", dir, target);
	if (len < 0 || (size_t)len >= sizeof(path))
		die("the path is too long");
	(void)mkdir(path, 0755);
	len = snprintf(path, sizeof(path), "%s/%s/%s", dir, target, name);
	FILE *file = len > 0 && (size_t)len < sizeof(path) ? fopen(path, "wb") : NULL;
	if (file == NULL || fwrite(content.data, 1, content.len, file) != content.len || fclose(file) != 0)
		die(path);
}

/* An enrolment travels with its MAC. */
static void write_enrolment(const char *dir, const char *name, struct slice sealed)
{
	static const uint8_t mac_key[MAC_LEN];
	uint8_t mac[MAC_LEN];
	struct bytes body = bytes_new(FUZZ_MAX);
	mac_bytes(mac_key, sealed, mac);
	cbor_put_array(&body, 2);
	cbor_put_bytes(&body, sealed.data, sealed.len);
	cbor_put_bytes(&body, mac, MAC_LEN);
	write_seed(dir, "request", name, bytes_slice(&body));
	bytes_free(&body);
}

/* The body of an answer: a head and every receipt. */
static void write_answer(const char *dir, const struct vectors *v)
{
	struct bytes items = bytes_new(FUZZ_MAX);
	struct bytes body = bytes_new(FUZZ_MAX);
	size_t count = 0;
	for (size_t i = 0; i < v->count; i++) {
		const struct vector *one = &v->list[i];
		if (strcmp(one->name, "head-pending") != 0 && (!one->good || strcmp(one->purpose, "receipt") != 0))
			continue;
		cbor_put_bytes(&items, one->data.data, one->data.len);
		count++;
	}
	cbor_put_array(&body, count);
	bytes_put(&body, items.data, items.len);
	write_seed(dir, "reply", "answer-body", bytes_slice(&body));
	bytes_free(&items);
	bytes_free(&body);
}

/* What stands behind zlib in a batch that says how long it is. */
static void write_rows(const char *dir, const struct vector *v)
{
	struct envelope e;
	struct slice head;
	struct slice stream;
	uint64_t raw_len = 0;
	struct bytes rows = bytes_new(FUZZ_MAX);
	if (envelope_peek(bytes_slice(&v->data), &e) == STATUS_OK &&
	    batch_split(e.payload, &head, &stream, &raw_len) && raw_len < FUZZ_MAX &&
	    batch_unpack(stream, true, (size_t)raw_len, &rows) == STATUS_OK)
		write_seed(dir, "rows", v->name, bytes_slice(&rows));
	bytes_free(&rows);
}

static void write_vector(const char *dir, const struct vector *v)
{
	static const struct {
		const char *purpose;
		const char *target;
	} targets[] = {{"batch", "batch"},     {"request", "request"}, {"receipt", "reply"},   {"head", "reply"},
		       {"enrolled", "reply"},  {"identity", "reply"},  {"courier", "courier"}, {"cbor", "cbor"},
		       {"compare", "request"}, {"compared", "reply"}};
	struct slice data = bytes_slice(&v->data);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strcmp(v->purpose, targets[i].purpose) == 0)
			write_seed(dir, targets[i].target, v->name, data);
	if (strcmp(v->purpose, "batch") == 0)
		write_rows(dir, v);
	if (strcmp(v->purpose, "enrol") == 0)
		write_enrolment(dir, v->name, data);
	if (strcmp(v->purpose, "cbor") != 0 && strcmp(v->purpose, "courier") != 0)
		write_seed(dir, "envelope", v->name, data);
}

int main(int argc, char **argv)
{
	static struct vectors v;
	if (argc != 2)
		die("usage: make_seeds DIR");
	must(sign_start(), "libsodium");
	make_vectors(&v);
	for (size_t i = 0; i < v.count; i++)
		write_vector(argv[1], &v.list[i]);
	write_answer(argv[1], &v);
	for (size_t i = 0; i < v.count; i++)
		bytes_free(&v.list[i].data);
	return 0;
}
