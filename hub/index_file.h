/*
 * Definitions of the index of Quyết định 766/QĐ-TTg as files (config/index/ has ours): [index] says what version it
 * is and how dossiers are counted, every other section is one component. index766.ini lists the versions with the
 * day from which each holds. One thread.
 *
 *   [index]      name, version, source, confirmed = yes|no, rule, not_applicable = max|left_out,
 *                band_excellent, band_good, band_fair, band_average (percent, from which on)
 *   [component]  group, title, title_en, max (points), part, whole (hub/formula.h), full_at (percent),
 *                empty = unavailable|full (where there is nothing to count), times = another component,
 *                needs (a formula that must be above zero), not_for (levels), note, note_en
 */
#ifndef MOTCUA_HUB_INDEX_FILE_H
#define MOTCUA_HUB_INDEX_FILE_H

#include "config/named_file.h"
#include "config/settings.h"
#include "hub/formula.h"
#include "hub/registry.h"

enum {
	INDEX_COMPONENTS = 32,
	INDEX_WORD = 32,
	INDEX_VERSIONS = 16,
	INDEX_POINT = 100 /* points are kept in hundredths */
};

enum index_band { BAND_EXCELLENT, BAND_GOOD, BAND_FAIR, BAND_AVERAGE, BAND_WEAK, INDEX_BANDS };

struct index_component {
	char key[INDEX_WORD + 1];
	char group[INDEX_WORD + 1];
	char title[2][SETTING_TEXT_MAX + 1]; /* Vietnamese, English */
	char note[2][SETTING_TEXT_MAX + 1];
	int64_t max; /* in hundredths of a point */
	struct formula part;
	struct formula whole;
	struct formula needs;
	int64_t full_at; /* percent */
	bool empty_full;
	int times;        /* index of the component whose rate multiplies; -1: none */
	unsigned not_for; /* bits by enum unit_level */
};

struct index_definition {
	char name[INDEX_WORD + 1];
	char rule[INDEX_WORD + 1];
	int64_t version;
	char source[SETTING_TEXT_MAX + 1];
	bool confirmed;
	bool left_out;                /* what does not apply to a unit is left out, else it gets the maximum */
	int64_t band_from[BAND_WEAK]; /* percent */
	uint8_t hash[HASH_LEN];       /* SHA-256 of the file */
	size_t n;
	struct index_component components[INDEX_COMPONENTS];
};

/*
 * The definition of a name, from "index" in the data directory or with the programs. STATUS_EMPTY: there is none;
 * STATUS_SETTINGS with *ret_fault. Free with free().
 */
MUST_CHECK enum status index_read(const char *name, const char *data, struct index_definition **ret_definition,
				  struct named_file_fault *ret_fault);

/*
 * The name of the version that holds on a day, from index766.ini; the first one for days before it. As index_read.
 */
MUST_CHECK enum status index_version_on(int32_t day, const char *data, char ret_name[static INDEX_WORD + 1],
					struct named_file_fault *ret_fault);

/* The first 12 hexadecimal digits of the hash, as reports print it. Returns ret_text. */
enum { INDEX_HASH_TEXT = 16 };
const char *index_hash_format(const struct index_definition *d, char ret_text[static INDEX_HASH_TEXT]);

/* "excellent", …; the band of a share in hundredths of a percent. */
const char *index_band_key(enum index_band band);
enum index_band index_band_of(const struct index_definition *d, int64_t share);

#endif
