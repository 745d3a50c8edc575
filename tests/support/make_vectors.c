/*
 * make_vectors write|check DIR: writes tests/vectors anew, or says what of it is not as this program makes it.
 *
 * index.tsv has a line for each vector: name, good or bad, purpose, hub id, key, and what it is; of a bad one,
 * before a colon, where a reader must refuse it at the latest. The key is the Ed25519 key that must have signed, of
 * a courier file the receiver's X25519 seed. NAME.hex holds the bytes.
 *
 * Everything is the same on every machine but the zlib streams, which another release of zlib may write otherwise.
 * If batch-hundred was, then of batches header and head are compared, the rows inflated where both sides can be,
 * and of courier files the start alone.
 */
#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/batch_pack.h"
#include "protocol/courier.h"
#include "batch_split.h"
#include "vectors/vectors.h"

enum { COLUMN_BYTES = 40, FILE_MAX = 64 * 1024 * 1024, PATH_MAX_LEN = 4096 };

/* Made before this program was, and kept as they are. */
static const struct {
	const char *name;
	const char *why;
} KEPT[] = {
	{"batch-1", "seven changes of three kinds, as an earlier writer sealed them"},
	{"batch-2", "the same seven changes, an instant by day"},
	{"batch-3", "the same seven changes, of version 2 and with its dictionary"},
};

/* Randomness that is the same each time: the keys of sealed boxes come from it. */
static void counted_bytes(void *out, size_t len)
{
	static uint64_t calls;
	uint8_t seed[randombytes_SEEDBYTES] = {0};
	memcpy(seed, &calls, sizeof(calls));
	calls++;
	randombytes_buf_deterministic(out, len, seed);
}

static const char *counted_name(void)
{
	return "counted";
}

static uint32_t counted_word(void)
{
	uint32_t word = 0;
	counted_bytes(&word, sizeof(word));
	return word;
}

/* --- as text --- */

static void put_hex_text(struct bytes *out, const uint8_t *data, size_t len)
{
	char pair[3];
	for (size_t i = 0; i < len; i++)
		bytes_put_str(out, hex_format(data + i, 1, pair));
}

static void put_line(struct bytes *out, const struct vector *v)
{
	bytes_put_str(out, v->name);
	bytes_put_str(out, v->good ? "\tgood\t" : "\tbad\t");
	bytes_put_str(out, v->purpose);
	bytes_put_u8(out, '\t');
	if (v->has_key)
		put_hex_text(out, v->hub, HUB_ID_LEN);
	else
		bytes_put_u8(out, '-');
	bytes_put_u8(out, '\t');
	if (v->has_key)
		put_hex_text(out, v->key, PUBLIC_KEY_LEN);
	else
		bytes_put_u8(out, '-');
	bytes_put_u8(out, '\t');
	bytes_put_str(out, v->why);
	bytes_put_u8(out, '\n');
}

static struct bytes index_of(const struct vectors *v)
{
	struct bytes out = bytes_new(FILE_MAX);
	for (size_t i = 0; i < sizeof(KEPT) / sizeof(KEPT[0]); i++) {
		struct vector kept = v->list[0];
		kept.name = KEPT[i].name;
		kept.why = KEPT[i].why;
		put_line(&out, &kept);
	}
	for (size_t i = 0; i < v->count; i++)
		put_line(&out, &v->list[i]);
	must(bytes_status(&out), "index");
	return out;
}

static struct bytes hex_of(const struct vector *v)
{
	struct bytes out = bytes_new(FILE_MAX);
	for (size_t i = 0; i < v->data.len; i += COLUMN_BYTES) {
		size_t left = v->data.len - i;
		put_hex_text(&out, v->data.data + i, left < COLUMN_BYTES ? left : COLUMN_BYTES);
		bytes_put_u8(&out, '\n');
	}
	must(bytes_status(&out), "hexadecimal");
	return out;
}

/* --- files --- */

static FILE *open_file(const char *dir, const char *name, const char *suffix, const char *mode)
{
	char path[PATH_MAX_LEN];
	int len = snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix);
	return len > 0 && (size_t)len < sizeof(path) ? fopen(path, mode) : NULL;
}

static void write_file(const char *dir, const char *name, const char *suffix, struct slice content)
{
	FILE *file = open_file(dir, name, suffix, "wb");
	if (file == NULL || fwrite(content.data, 1, content.len, file) != content.len || fclose(file) != 0)
		die(name);
}

/* False if there is no such file. */
static bool read_file(const char *dir, const char *name, const char *suffix, struct bytes *out)
{
	FILE *file = open_file(dir, name, suffix, "rb");
	if (file == NULL)
		return false;
	char piece[4096];
	for (size_t n = fread(piece, 1, sizeof(piece), file); n > 0; n = fread(piece, 1, sizeof(piece), file))
		bytes_put(out, piece, n);
	must(bytes_status(out), name);
	return fclose(file) == 0;
}

static int write_all(const struct vectors *v, const char *dir)
{
	struct bytes index = index_of(v);
	write_file(dir, "index", ".tsv", bytes_slice(&index));
	bytes_free(&index);
	for (size_t i = 0; i < v->count; i++) {
		struct bytes hex = hex_of(&v->list[i]);
		write_file(dir, v->list[i].name, ".hex", bytes_slice(&hex));
		bytes_free(&hex);
	}
	return EXIT_SUCCESS;
}

/* --- comparing --- */

static bool same_rows(struct slice a, struct slice b, uint64_t raw_len)
{
	struct bytes rows_a = bytes_new(LIMIT_BATCH_RAW + 1);
	struct bytes rows_b = bytes_new(LIMIT_BATCH_RAW + 1);
	enum status s_a = batch_unpack(a, true, raw_len, &rows_a);
	enum status s_b = batch_unpack(b, true, raw_len, &rows_b);
	bool same = s_a == s_b && (s_a != STATUS_OK || slice_equal(bytes_slice(&rows_a), bytes_slice(&rows_b)));
	bytes_free(&rows_a);
	bytes_free(&rows_b);
	return same;
}

/* Two batches that differ in how their rows are compressed, and therefore in their signatures. */
static bool same_batch(struct slice a, struct slice b)
{
	struct envelope e[2];
	struct slice head[2];
	struct slice stream[2];
	uint64_t raw_len = 0;
	return envelope_peek(a, &e[0]) == STATUS_OK && envelope_peek(b, &e[1]) == STATUS_OK &&
	       slice_equal(e[0].protected_header, e[1].protected_header) &&
	       batch_split(e[0].payload, &head[0], &stream[0], &raw_len) &&
	       batch_split(e[1].payload, &head[1], &stream[1], &raw_len) && slice_equal(head[0], head[1]) &&
	       same_rows(stream[0], stream[1], raw_len);
}

static bool same_otherwise(const struct vector *made, struct slice found)
{
	struct slice data = bytes_slice(&made->data);
	if (strcmp(made->purpose, "batch") == 0)
		return same_batch(data, found);
	return strcmp(made->purpose, "courier") == 0 && data.len >= COURIER_START_LEN &&
	       found.len >= COURIER_START_LEN && memcmp(data.data, found.data, COURIER_START_LEN) == 0;
}

static struct bytes parsed(const struct bytes *text)
{
	struct bytes out = bytes_new(FILE_MAX);
	for (size_t i = 0; i < text->len; i++) {
		uint8_t byte = 0;
		if (text->data[i] == '\n')
			continue;
		const char pair[] = {(char)text->data[i], (char)(i + 1 < text->len ? text->data[i + 1] : 0), '\0'};
		must(hex_parse(pair, &byte, 1), "a file holds what is no hexadecimal");
		bytes_put_u8(&out, byte);
		i++;
	}
	return out;
}

/* True if it is as it should be; other_zlib: as far as another compressor allows. */
static bool check_one(const struct vector *v, const char *dir, bool other_zlib)
{
	struct bytes text = bytes_new(FILE_MAX);
	bool there = read_file(dir, v->name, ".hex", &text);
	struct bytes found = parsed(&text);
	bool same = there && (slice_equal(bytes_slice(&found), bytes_slice(&v->data)) ||
			      (other_zlib && same_otherwise(v, bytes_slice(&found))));
	bytes_free(&found);
	bytes_free(&text);
	return same;
}

/* Every file has its line: index.tsv and one for each vector. */
static bool no_file_too_many(const struct vectors *v, const char *dir)
{
	size_t files = 0;
	DIR *d = opendir(dir);
	if (d == NULL)
		return false;
	for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		files += e->d_name[0] != '.' ? 1 : 0;
	(void)closedir(d);
	return files == 1 + sizeof(KEPT) / sizeof(KEPT[0]) + v->count;
}

static int check_all(const struct vectors *v, const char *dir)
{
	int wrong = 0;
	struct bytes index = index_of(v);
	struct bytes found = bytes_new(FILE_MAX);
	bool other_zlib = false;
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->list[i].name, "batch-hundred") == 0)
			other_zlib = !check_one(&v->list[i], dir, false) && check_one(&v->list[i], dir, true);
	if (other_zlib)
		puts("this zlib writes other streams: batches are compared by their heads and rows, "
		     "courier files by their start");
	if (!read_file(dir, "index", ".tsv", &found) || !slice_equal(bytes_slice(&found), bytes_slice(&index))) {
		puts("index.tsv is not as made here");
		wrong++;
	}
	if (!no_file_too_many(v, dir)) {
		puts("there are files without a line in index.tsv, or too few");
		wrong++;
	}
	for (size_t i = 0; i < v->count; i++)
		if (!check_one(&v->list[i], dir, other_zlib)) {
			printf("%s.hex is not as made here\n", v->list[i].name);
			wrong++;
		}
	printf("%zu vectors made, %d differ\n", v->count, wrong);
	bytes_free(&found);
	bytes_free(&index);
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct vectors v;
	static randombytes_implementation counted = {
		.implementation_name = counted_name, .random = counted_word, .buf = counted_bytes};
	if (argc != 3 || (strcmp(argv[1], "write") != 0 && strcmp(argv[1], "check") != 0))
		die("usage: make_vectors write|check DIR");
	(void)randombytes_set_implementation(&counted);
	must(sign_start(), "libsodium");
	make_vectors(&v);
	int exit_status = strcmp(argv[1], "write") == 0 ? write_all(&v, argv[2]) : check_all(&v, argv[2]);
	for (size_t i = 0; i < v.count; i++)
		bytes_free(&v.list[i].data);
	return exit_status;
}
