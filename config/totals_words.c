#include "config/totals_words.h"

#include <stdio.h>
#include <string.h>

#include "config/messages.h"
#include "config/rules.h"

struct totals_labels totals_words(const char *key, const char *span)
{
	return (struct totals_labels){
		.key = key,
		.name = _("name"),
		.columns =
			{
				[TOTALS_RECEIVED] = _("received"),
				[TOTALS_RECEIVED_ONLINE] = _("online"),
				[TOTALS_RECEIVED_COUNTER] = _("counter"),
				[TOTALS_RECEIVED_POSTAL] = _("postal"),
				[TOTALS_RECEIVED_UNSTATED] = _("unstated"),
				[TOTALS_CARRIED_IN] = _("carried in"),
				[TOTALS_TOTAL_IN] = _("total in"),
				[TOTALS_DONE] = _("done"),
				[TOTALS_DONE_EARLY] = _("early"),
				[TOTALS_DONE_ON_TIME] = _("on time"),
				[TOTALS_DONE_LATE] = _("late"),
				[TOTALS_DONE_NO_DUE] = _("no due date"),
				[TOTALS_OPEN] = _("open"),
				[TOTALS_OPEN_IN_TIME] = _("in time"),
				[TOTALS_OPEN_LATE] = _("overdue"),
				[TOTALS_OPEN_PAUSED] = _("paused"),
				[TOTALS_REFUSED] = _("refused"),
				[TOTALS_WITHDRAWN] = _("withdrawn"),
				[TOTALS_INCOMPLETE] = _("incomplete"),
				[TOTALS_GAP] = _("gap"),
			},
		.units_heard = _("units heard of"),
		.total = _("total"),
		.rates =
			{
				[TOTALS_RATE_ONLINE] = _("submitted online"),
				[TOTALS_RATE_ON_TIME] = _("done early or on time"),
				[TOTALS_RATE_INPUT_DIGITISED] = _("papers digitised"),
				[TOTALS_RATE_RESULT_DIGITISED] = _("result digitised"),
				[TOTALS_RATE_PAID_ONLINE] = _("fee paid online"),
				[TOTALS_RATE_SATISFIED] = _("satisfied"),
			},
		.of = _("of"),
		.decimal = strcmp(messages_language(), "vi") == 0 ? "," : ".",
		.gap = _("The gap: dossiers with a closing status and no end date."),
		.span = span,
	};
}

const char *totals_words_span(struct period period, int32_t as_of, const struct count_rule *rule,
			      char out[static TOTALS_SPAN])
{
	char from[DATE_TEXT];
	char to[DATE_TEXT];
	char day[DATE_TEXT];
	char hash[RULE_HASH_TEXT];
	rule_hash_format(rule, hash);
	(void)snprintf(out, TOTALS_SPAN, _("From %s to %s, as of %s, rule %s version %lld (%s)"),
		       date_format(period.from, from), date_format(period.to, to), date_format(as_of, day),
		       rule->name, (long long)rule->version, hash);
	return out;
}
