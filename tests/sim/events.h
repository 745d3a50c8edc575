/*
 * What is to happen in the simulator, in the order of time; of the same time in the order it was planned. Each
 * event has dice of its own, so that leaving one out changes none of the others.
 */
#ifndef MOTCUA_TESTS_EVENTS_H
#define MOTCUA_TESTS_EVENTS_H

#include "protocol/bytes.h"

#define EVENT_TABLE(X)                                                                                             \
	X(ADD, "add")                                                                                              \
	X(IMPORT, "import")                                                                                        \
	X(SYNC, "sync")                                                                                            \
	X(EXPORT, "export")                                                                                        \
	X(REOPEN, "reopen agent")                                                                                  \
	X(TROUBLE, "trouble")                                                                                      \
	X(COMPARE, "compare")                                                                                      \
	X(IMAGE, "copy of the agent's disk")                                                                       \
	X(ASSIGN, "assign")                                                                                        \
	X(HUB_IMAGE, "copy of the hub's disk")                                                                     \
	X(HUB_REOPEN, "reopen hub")                                                                                \
	X(CHECKPOINT, "checkpoint")                                                                                \
	X(BACKUP, "backup")                                                                                        \
	X(UNITS, "units")                                                                                          \
	X(OPERATOR, "operator")                                                                                    \
	X(REBUILD, "rebuild")                                                                                      \
	X(VERIFY, "verify")                                                                                        \
	X(CLOSE, "close")                                                                                          \
	X(SUCCESSION, "succession")                                                                                \
	/* What follows from others; never planned. */                                                             \
	X(LATE, "late request")                                                                                    \
	X(LATE_ENROL, "late enrolment")                                                                            \
	X(STICK_IN, "stick at the hub")                                                                            \
	X(STICK_BACK, "stick at the agent")                                                                        \
	X(WELL_AGAIN, "trouble ends")
enum event_kind {
#define X(name, text) EVENT_##name,
	EVENT_TABLE(X)
#undef X
		EVENT_KINDS
};
extern const char *const event_names[EVENT_KINDS];

struct event {
	int64_t at;
	uint32_t number; /* in the order they were planned */
	enum event_kind kind;
	int who;   /* party */
	int about; /* which fault, for EVENT_TROUBLE and EVENT_WELL_AGAIN; which party, for EVENT_LATE */
	uint64_t dice;
	struct bytes load; /* a request, a file; the queue's own */
};

struct events {
	struct event *heap;
	size_t count;
	size_t room;
	uint32_t planned;
};

/* Takes over the load. The number is given here. */
void events_add(struct events *list, struct event event);
/* False when there is nothing left. The load is the caller's now. */
bool events_next(struct events *list, struct event *ret_event);
void events_clear(struct events *list);

#endif
