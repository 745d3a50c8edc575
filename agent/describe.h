/*
 * Changes and values as people and scripts read them: in the words of the chosen language for people, in the words
 * of contract section 3 in JSON.
 */
#ifndef MOTCUA_AGENT_DESCRIBE_H
#define MOTCUA_AGENT_DESCRIBE_H

#include "protocol/record.h"
#include "protocol/tables/writer.h"

/* A kind in the chosen language. */
const char *describe_kind(enum kind kind);
/* Appends the names that a record of the kind may state. */
void describe_fields(enum kind kind, struct bytes *out);
/* A heading for a field in the chosen language. */
const char *describe_field(const struct field_spec *spec);

/* Appends a value for people; nothing for an absent one. Null is "(cleared)". */
void describe_value(const struct field_spec *spec, const struct value *value, struct bytes *out);
void describe_value_json(struct json_writer *w, const struct field_spec *spec, const struct value *value);

/* A change as the input record it could be imported from: kind, key, changed_at and its fields, one JSON object. */
void describe_change_json(struct json_writer *w, const struct change *change);
/* The members that name a thing: kind, then code, asset, or unit, name and period. */
void describe_thing_json(struct json_writer *w, enum kind kind, struct slice key);

#endif
