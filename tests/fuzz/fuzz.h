/*
 * What the fuzz targets share. Signatures are checked as ever; the mutators change what is signed and sign it again
 * with the keys of the vectors, so that what lies behind a signature is reached.
 */
#ifndef MOTCUA_TESTS_FUZZ_H
#define MOTCUA_TESTS_FUZZ_H

#include "tests/support/vectors/vectors.h"

enum { FUZZ_MAX = 1024 * 1024 };

/* libFuzzer's interface. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max);

/* Ends the run where a promise is not kept. */
void hold(bool promise, const char *what);
/* Holds that boxes are as libsodium's though remembered.c makes and opens them. */
void remembered_hold(void);

/* A copy of content, mutated, with room for twice as much. The caller frees. */
struct bytes mutated(struct slice content);
/* Appends the payload, mutated or whole, sealed for the purpose by its key. */
void seal_mutated(enum message message, struct slice payload, struct bytes *out);
/* Writes out over data if it fits, else mutates data as it is. Frees out. */
size_t hand_over(struct bytes *out, uint8_t *data, size_t len, size_t max);

/* The purpose among count under which the sealed bytes verify; false if under none. */
bool purpose_under(struct slice sealed, const enum message *messages, size_t count, enum message *ret_message,
		   struct slice *ret_payload);
/* The same, as its place in the list; asked once for the same bytes, and not at all for what was sealed here. */
bool purpose_known(struct slice sealed, const enum message *messages, size_t count, size_t *ret_which);
/* Opened and sealed again a message is the same bytes: there is one form only. */
void hold_same(struct slice sealed, struct bytes *again, const char *what);

#endif
