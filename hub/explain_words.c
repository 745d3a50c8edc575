/* What people read of an explanation. */
#include "config/messages.h"
#include "hub/explain_print.h"

const char *explain_cell_title(enum difference_cell cell)
{
	static const char *const titles[] = {
		[CELL_RECEIVED] = N_("received"),
		[CELL_RECEIVED_ONLINE] = N_("received online"),
		[CELL_RECEIVED_COUNTER] = N_("received at the counter"),
		[CELL_RECEIVED_POSTAL] = N_("received by post"),
		[CELL_RECEIVED_UNSTATED] = N_("received, channel not stated"),
		[CELL_CARRIED_IN] = N_("carried in"),
		[CELL_TOTAL_IN] = N_("received and carried in"),
		[CELL_DONE] = N_("done"),
		[CELL_DONE_EARLY] = N_("done early"),
		[CELL_DONE_ON_TIME] = N_("done on time"),
		[CELL_DONE_LATE] = N_("done late"),
		[CELL_DONE_NO_DUE] = N_("done, no due date"),
		[CELL_OPEN] = N_("open"),
		[CELL_OPEN_IN_TIME] = N_("open, in time"),
		[CELL_OPEN_LATE] = N_("open, overdue"),
		[CELL_OPEN_PAUSED] = N_("open, paused"),
		[CELL_REFUSED] = N_("refused"),
		[CELL_WITHDRAWN] = N_("withdrawn"),
		[CELL_INCOMPLETE] = N_("incomplete"),
		[CELL_GAP] = N_("gap"),
		[CELL_INPUT_DIGITISED] = N_("papers digitised"),
		[CELL_RESULT_DIGITISED] = N_("result digitised"),
		[CELL_FEE_DUE] = N_("with a fee"),
		[CELL_PAID_ONLINE] = N_("fee paid online"),
		[CELL_RATED] = N_("rated"),
		[CELL_SATISFIED] = N_("satisfied"),
	};
	return _(titles[cell]);
}

const char *explain_cause_title(enum difference_cause cause)
{
	static const char *const titles[] = {
		[CAUSE_HERE_ONLY] = N_("only here"),
		[CAUSE_CARRIED_IN] = N_("only here, received before the period"),
		[CAUSE_PROVISIONAL] = N_("only here, without an official code yet"),
		[CAUSE_THERE_ONLY] = N_("only in the list"),
		[CAUSE_SET_ASIDE] = N_("refused here at arrival: 'motcua-hub rejected'"),
		[CAUSE_VOID] = N_("taken back here, or joined to another code"),
		[CAUSE_UNIT] = N_("belongs to another unit"),
		[CAUSE_CONFLICT] = N_("needs a decision here: 'motcua-hub conflicts'"),
		[CAUSE_DUPLICATE] = N_("stands in the list more than once"),
		[CAUSE_LINKED] = N_("linked dossier, counted for each agency"),
		[CAUSE_UNREADABLE] = N_("a date or word in the list is wrong or unreadable"),
		[CAUSE_RECEIVED] = N_("other date of receipt"),
		[CAUSE_END_FIELD] = N_("other date taken as the end"),
		[CAUSE_END_DATE] = N_("other end date"),
		[CAUSE_TIMES] = N_("hours compared, not days"),
		[CAUSE_DUE] = N_("other due date"),
		[CAUSE_STATUS] = N_("status changed since"),
		[CAUSE_WITHDRAWN] = N_("withdrawn, counted otherwise"),
		[CAUSE_PAUSED] = N_("waiting, counted otherwise"),
		[CAUSE_STOPPED] = N_("stopped, counted otherwise"),
		[CAUSE_REFUSED] = N_("refused, counted otherwise"),
		[CAUSE_WAITING_TIME] = N_("waiting time taken off, or not"),
		[CAUSE_SUPPLEMENTS] = N_("papers asked for more than once"),
		[CAUSE_CHANNEL] = N_("other channel"),
		[CAUSE_DETAILS] = N_("digitising, fee, payment or rating stated otherwise"),
		[CAUSE_UNEXPLAINED] = N_("unexplained"),
	};
	return _(titles[cause]);
}

enum difference_cell explain_cell_whole(enum difference_cell cell)
{
	switch (cell) {
	case CELL_RECEIVED_ONLINE:
	case CELL_RECEIVED_COUNTER:
	case CELL_RECEIVED_POSTAL:
	case CELL_RECEIVED_UNSTATED:
	case CELL_TOTAL_IN:
	case CELL_INPUT_DIGITISED:
	case CELL_FEE_DUE:
	case CELL_PAID_ONLINE:
		return CELL_RECEIVED;
	case CELL_DONE_EARLY:
	case CELL_DONE_ON_TIME:
	case CELL_DONE_LATE:
	case CELL_DONE_NO_DUE:
	case CELL_RESULT_DIGITISED:
	case CELL_RATED:
	case CELL_SATISFIED:
		return CELL_DONE;
	case CELL_OPEN_IN_TIME:
	case CELL_OPEN_LATE:
	case CELL_OPEN_PAUSED:
		return CELL_OPEN;
	case CELL_RECEIVED:
	case CELL_CARRIED_IN:
	case CELL_DONE:
	case CELL_OPEN:
	case CELL_REFUSED:
	case CELL_WITHDRAWN:
	case CELL_INCOMPLETE:
	case CELL_GAP:
	case DIFFERENCE_CELLS:
		break;
	}
	return cell;
}
