/*
 * What a number in a cell looks like to the person who sees it: dates and times are numbers with a number format
 * (ECMA-376 part 1, 18.17.4 and 18.8.30), unit codes numbers with leading zeros. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_FOREIGN_SERIAL_DATE_H
#define MOTCUA_PROTOCOL_TABLES_FOREIGN_SERIAL_DATE_H

#include "protocol/bytes.h"

enum number_look {
	LOOK_PLAIN,
	LOOK_DATE, /* a day, with the time of day where it is not midnight */
	LOOK_TIME  /* a time of day or a duration, without a day */
};

struct number_form {
	uint8_t look;  /* enum number_look */
	uint8_t width; /* leading zeros up to so many digits, 0: none */
};

enum { NUMBER_TEXT = 40 };

/* The form of a format code such as `dd/mm/yyyy` or `00000`, and of the codes that a file names by number alone. */
struct number_form number_form_of(struct slice code);
struct number_form number_form_builtin(unsigned id);

/*
 * Writes a number of a cell as text: `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM:SS`, `HH:MM:SS`, or digits; a fraction stands
 * behind a comma as in Vietnam, where a dot would group thousands. since_1904: the file counts days from 1904.
 * Returns the length, 0 if the text is no number of such a kind: then it stands for itself.
 */
size_t number_text(struct slice number, struct number_form form, bool since_1904, char out[static NUMBER_TEXT]);

#endif
