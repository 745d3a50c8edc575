/*
 * The name of a file as it may be shown: a name from a foreign stick can hold anything.
 */
#ifndef MOTCUA_CONFIG_SHOWN_NAME_H
#define MOTCUA_CONFIG_SHOWN_NAME_H

/*
 * A new string the caller frees: control characters, characters that turn the direction of writing, and bytes that
 * are not UTF-8 become \xNN; all else stays. NULL on no memory.
 */
char *shown_name(const char *name);

#endif
