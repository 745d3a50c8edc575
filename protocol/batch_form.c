#include "protocol/batch_form.h"

const struct batch_forms *batch_forms_of(uint64_t version)
{
	static const struct batch_forms forms[BATCH_VERSION] = {
		{.dictionary = false, .signless = false},
		{.dictionary = true, .signless = true},
	};
	return version >= 1 && version <= BATCH_VERSION ? &forms[version - 1] : NULL;
}

int incarnation_compare(const struct incarnation *a, const struct incarnation *b)
{
	if (a->ordinal != b->ordinal)
		return a->ordinal < b->ordinal ? -1 : 1;
	return (a->bits > b->bits) - (a->bits < b->bits);
}

bool batch_field_is_text(enum field field)
{
	enum field_type type = schema_field(field)->type;
	return type == TYPE_TEXT || type == TYPE_UNIT;
}

int64_t batch_field_base(enum field field, int64_t changed_at, bool by_day)
{
	switch (schema_field(field)->type) {
	case TYPE_TIME:
		return by_day ? date_start(date_of(changed_at)) : changed_at;
	case TYPE_DATE:
		return date_of(changed_at);
	case TYPE_TEXT:
	case TYPE_UNIT:
	case TYPE_ENUM:
	case TYPE_BOOL:
	case TYPE_INT:
		return 0;
	}
	return 0;
}

void bits_put(uint64_t bits, uint8_t out[static 8])
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(bits >> (56 - 8 * i));
}

uint64_t bits_take(const uint8_t in[static 8])
{
	uint64_t bits = 0;
	for (unsigned i = 0; i < 8; i++)
		bits = bits << 8 | in[i];
	return bits;
}
