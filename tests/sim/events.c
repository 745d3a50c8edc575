#include "events.h"

#include <stdio.h>
#include <stdlib.h>

const char *const event_names[EVENT_KINDS] = {
#define X(name, text) text,
	EVENT_TABLE(X)
#undef X
};

static bool is_before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void swap(struct event *a, struct event *b)
{
	struct event moved = *a;
	*a = *b;
	*b = moved;
}

void events_add(struct events *list, struct event event)
{
	if (list->count == list->room) {
		list->room = list->room == 0 ? 1024 : list->room * 2;
		list->heap = realloc(list->heap, list->room * sizeof(*list->heap));
		if (list->heap == NULL)
			abort();
	}
	event.number = list->planned++;
	size_t at = list->count++;
	list->heap[at] = event;
	for (; at > 0 && is_before(&list->heap[at], &list->heap[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&list->heap[at], &list->heap[(at - 1) / 2]);
}

bool events_next(struct events *list, struct event *ret_event)
{
	if (list->count == 0)
		return false;
	*ret_event = list->heap[0];
	list->heap[0] = list->heap[--list->count];
	for (size_t at = 0;;) {
		size_t least = at;
		for (size_t below = 2 * at + 1; below <= 2 * at + 2; below++)
			if (below < list->count && is_before(&list->heap[below], &list->heap[least]))
				least = below;
		if (least == at)
			return true;
		swap(&list->heap[at], &list->heap[least]);
		at = least;
	}
}

void events_clear(struct events *list)
{
	for (size_t i = 0; i < list->count; i++)
		bytes_free(&list->heap[i].load);
	free(list->heap);
	*list = (struct events){0};
}
