/*
 * A name server of its own for one program: loaded before the others (LD_PRELOAD), getaddrinfo answers the name in
 * MOTCUA_NAME after MOTCUA_NAME_SECONDS with the numeric addresses in MOTCUA_NAME_ADDRESSES, in their order,
 * separated by commas. All other names go to the system.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef int (*lookup)(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret);

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
		struct addrinfo **restrict ret);

static int answer(lookup real, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	char addresses[256];
	const char *given = getenv("MOTCUA_NAME_ADDRESSES");
	char *rest = NULL;
	struct addrinfo wanted = *hints;
	struct addrinfo **end = ret;
	wanted.ai_family = AF_UNSPEC;
	wanted.ai_flags = AI_NUMERICHOST;
	*ret = NULL;
	(void)snprintf(addresses, sizeof(addresses), "%s", given == NULL ? "" : given); /* a test's own few */
	for (char *one = strtok_r(addresses, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest)) {
		if (real(one, service, &wanted, end) != 0)
			break;
		while (*end != NULL)
			end = &(*end)->ai_next;
	}
	return *ret == NULL ? EAI_NONAME : 0;
}

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
		struct addrinfo **restrict ret)
{
	const char *ours = getenv("MOTCUA_NAME");
	const char *seconds = getenv("MOTCUA_NAME_SECONDS");
	union {
		void *symbol;
		lookup real;
	} next = {.symbol = dlsym(RTLD_NEXT, "getaddrinfo")};
	if (name == NULL || ours == NULL || strcmp(name, ours) != 0 || hints == NULL)
		return next.real(name, service, hints, ret);
	if (seconds != NULL)
		(void)sleep((unsigned)strtoul(seconds, NULL, 10)); /* cut short is fine, too */
	return answer(next.real, service, hints, ret);
}
