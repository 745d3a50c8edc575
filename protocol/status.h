/*
 * What a call can answer, for every layer. 0 is success; every other value means one thing.
 * The table below is the only list: the enum, the stable code a user sees ("E-DISK-FULL") and the exit status
 * (contract: sysexits) come from it. Sentences for people live in config/messages.c (L14).
 */
#ifndef MOTCUA_PROTOCOL_STATUS_H
#define MOTCUA_PROTOCOL_STATUS_H

#include <stdbool.h>

#if defined(__GNUC__)
#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define MUST_CHECK
#define PRINTF_LIKE(fmt, args)
#endif

enum {
	EXIT_DONE = 0,         /* done */
	EXIT_NO = 1,           /* done, and the answer is no */
	EXIT_WRONG_USE = 2,    /* wrong usage */
	EXIT_REFUSED = 65,     /* some input was refused, the rest was taken */
	EXIT_UNREACHABLE = 69, /* the hub cannot be reached */
	EXIT_DISK = 74,        /* disk or I/O trouble, nothing half-written */
	EXIT_LATER = 75,       /* try later */
	EXIT_PERMISSION = 77,  /* permission */
	EXIT_SETUP = 78        /* configuration or data directory */
};

/* clang-format off */
#define STATUS_TABLE(X) \
	/* name            code                 exit */ \
	X(OK,              "OK",                EXIT_DONE)        /* done */ \
	X(EMPTY,           "E-NOT-FOUND",       EXIT_NO)          /* there is no such thing, or nothing left */ \
	X(DIFFERENT,       "E-DIFFERENT",       EXIT_NO)          /* compared or verified, and it does not agree */ \
	X(USAGE,           "E-USAGE",           EXIT_WRONG_USE)   /* the command line is wrong */ \
	X(REFUSED,         "E-REFUSED",         EXIT_REFUSED)     /* this record or row is not acceptable */ \
	X(MALFORMED,       "E-MALFORMED",       EXIT_REFUSED)     /* bytes that are not what they claim to be */ \
	X(VERSION,         "E-VERSION",         EXIT_REFUSED)     /* a format version this program does not know */ \
	X(FORGED,          "E-SIGNATURE",       EXIT_REFUSED)     /* a signature or MAC does not verify */ \
	X(FOREIGN,         "E-FOREIGN-REPLY",   EXIT_UNREACHABLE) /* verifies, but is not the answer to what we asked */ \
	X(LIMIT,           "E-LIMIT",           EXIT_REFUSED)     /* over a limit of limits.h */ \
	X(UNKNOWN_DEVICE,  "E-DEVICE-UNKNOWN",  EXIT_PERMISSION)  /* no such device or key in the registry */ \
	X(WAITING_DEVICE,  "E-DEVICE-WAITING",  EXIT_LATER)       /* enrolled, not confirmed by the operator yet */ \
	X(SUSPENDED,       "E-DEVICE-SUSPENDED",EXIT_PERMISSION)  /* the operator has suspended or revoked the device */ \
	X(INVITATION,      "E-INVITATION",      EXIT_PERMISSION)  /* no open invitation under this code */ \
	X(FORK,            "E-FORK",            EXIT_SETUP)       /* two batches under one sequence number */ \
	X(UNREACHABLE,     "E-UNREACHABLE",     EXIT_UNREACHABLE) /* no connection, time-out */ \
	X(NO_NAME,         "E-NAME",            EXIT_UNREACHABLE) /* the hub's name is not found on this network */ \
	X(BROKEN_OFF,      "E-LINE",            EXIT_UNREACHABLE) /* connected, then the line failed in an exchange */ \
	X(PROXY,           "E-PROXY",           EXIT_UNREACHABLE) /* the proxy is not there, or carries nothing on */ \
	X(PROXY_LOGIN,     "E-PROXY-LOGIN",     EXIT_UNREACHABLE) /* the proxy wants a name and a password: 407 */ \
	X(PIN,             "E-PIN",             EXIT_UNREACHABLE) /* another machine answers at the hub's address */ \
	X(PORTAL,          "E-PORTAL",          EXIT_UNREACHABLE) /* a page or a redirect instead of the hub's answer */ \
	X(BUSY,            "E-BUSY",            EXIT_LATER)       /* locked or overloaded; try later */ \
	X(NO_MEMORY,       "E-MEMORY",          EXIT_LATER)       /* an allocation failed */ \
	X(DISK_FULL,       "E-DISK-FULL",       EXIT_DISK)        /* no space left; nothing was kept */ \
	X(DISK_READ_ONLY,  "E-DISK-RO",         EXIT_DISK)        /* read-only file system */ \
	X(DISK,            "E-DISK",            EXIT_DISK)        /* read, write or sync failed */ \
	X(DISK_SYNC,       "E-DISK-SYNC",       EXIT_DISK)        /* a sync failed: the process writes no more (L1) */ \
	X(CORRUPT,         "E-CORRUPT",         EXIT_DISK)        /* the database is damaged */ \
	X(PERMISSION,      "E-PERMISSION",      EXIT_PERMISSION)  /* the file system says no, or rights too open */ \
	X(SETTINGS,        "E-SETTINGS",        EXIT_SETUP)       /* a settings file is wrong */ \
	X(NO_DATA,         "E-DATA-MISSING",    EXIT_SETUP)       /* no data directory here yet */ \
	X(LOST_DATA,       "E-DB-LOST",         EXIT_SETUP)       /* the anchor is here, the database is not */ \
	X(CLONED,          "E-CLONED",          EXIT_SETUP)       /* these data were set up on another machine */ \
	X(HUB_REGRESSED,   "E-HUB-REGRESSED",   EXIT_LATER)       /* the hub has less than it acknowledged */ \
	X(EXISTS,          "E-EXISTS",          EXIT_SETUP)       /* already set up here */ \
	X(NEWER_SCHEMA,    "E-SCHEMA-NEWER",    EXIT_SETUP)       /* written by a newer program, or not our file */ \
	X(STOPPED,         "E-STOPPED",         EXIT_LATER)       /* asked to stop while at work */
/* clang-format on */

enum status {
#define X(name, code, exit) STATUS_##name,
	STATUS_TABLE(X)
#undef X
		STATUS_COUNT
};

/* The stable code a user sees, such as "E-DISK-FULL". Never NULL. */
const char *status_code(enum status s);
/* The status of such a code; STATUS_COUNT if there is none. */
enum status status_of_code(const char *code);

/* The exit status of a command that ended with s. */
int status_exit(enum status s);

/* Memory, disk or a lock: it says nothing about what was being read. */
bool status_is_trouble(enum status s);

#endif
