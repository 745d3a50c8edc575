/* Calls what the *_windows.c files do, on files in the current folder, and says how far it came. */
#include <windows.h>

#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/service_wait.h"
#include "config/datadir.h"
#include "config/folder.h"
#include "config/machine.h"
#include "config/notify.h"
#include "config/rights.h"
#include "config/secrecy.h"

static int failures;

static void check(bool holds, const char *what)
{
	if (!holds) {
		printf("not so: %s\n", what);
		failures++;
	}
}
#define CHECK(condition) check(condition, #condition)

static struct slice text(const char *s)
{
	return slice_of((const uint8_t *)s, strlen(s));
}

static void probe_files(void)
{
	struct bytes out = bytes_new(8);
	struct file_place one = {0};
	struct file_place other = {0};
	CHECK(datadir_check("data") == STATUS_NO_DATA);
	CHECK(datadir_create("above/data") == STATUS_OK && datadir_create("data") == STATUS_OK);
	CHECK(path_is_directory("above/data") && !path_exists("data/x"));
	CHECK(file_read("data/x", &out) == STATUS_EMPTY);
	CHECK(file_write("data/x", text("one"), 0600) == STATUS_OK && file_place("data/x", &one) == STATUS_OK);
	CHECK(file_write_checked("data/x", text("twotwo"), 0644) == STATUS_OK);
	CHECK(file_place("data/x", &other) == STATUS_OK && one.number != other.number);
	CHECK(file_read("data/x", &out) == STATUS_OK && slice_equal(bytes_slice(&out), text("twotwo")));
	CHECK(!path_exists("data/x.part"));
	CHECK(file_write("data/long", text("123456789"), 0600) == STATUS_OK);
	CHECK(file_read("data/long", &out) == STATUS_LIMIT);
	CHECK(file_read_start("data/long", &out) == STATUS_OK && slice_equal(bytes_slice(&out), text("12345678")));
	CHECK(file_sync("data/long") == STATUS_OK && file_sync("data/nothing") == STATUS_EMPTY);
	CHECK(file_move("data/long", "data/moved") == STATUS_OK && !path_exists("data/long"));
	CHECK(file_move("data/long", "data/moved") == STATUS_EMPTY);
	CHECK(file_write("data/khóa", text("k"), 0600) == STATUS_OK && path_exists("data/khóa"));
	bytes_free(&out);
}

static void probe_lock(void)
{
	struct lock first = {.fd = -1};
	struct lock second = {.fd = -1};
	CHECK(lock_take("nowhere/lock", 0, &first) == STATUS_NO_DATA);
	CHECK(lock_take("data/lock", 0, &first) == STATUS_OK);
	CHECK(lock_take("data/lock", 50, &second) == STATUS_BUSY);
	lock_release(&first);
	CHECK(lock_take("data/lock", 0, &second) == STATUS_OK);
	lock_release(&second);
}

static void probe_folder(void)
{
	struct folder *folder = NULL;
	struct folder_names names = {0};
	struct folder_entry seen = {0};
	struct folder_entry read = {0};
	int fd = -1;
	char content[8] = "";
	CHECK(folder_open("nowhere", &folder) == STATUS_EMPTY);
	CHECK(CreateDirectoryW(L"spool", NULL) && file_write("spool/b", text("B"), 0644) == STATUS_OK);
	CHECK(file_write("spool/a", text("A"), 0644) == STATUS_OK);
	CHECK(CreateHardLinkW(L"spool\\c", L"spool\\b", NULL));
	CHECK(folder_open("spool", &folder) == STATUS_OK);
	if (folder == NULL)
		return;
	CHECK(folder_list(folder, &names) == STATUS_OK && names.n == 3 && strcmp(names.names[0], "a") == 0);
	folder_names_free(&names);
	CHECK(folder_look(folder, "b", &seen) == STATUS_OK && seen.kind == ENTRY_FILE && seen.names == 2);
	CHECK(folder_look(folder, "a", &seen) == STATUS_OK && seen.names == 1 && seen.size == 1);
	CHECK(seen.touched_ms > INT64_C(1600000000000) && seen.modified_ms > INT64_C(1600000000000));
	CHECK(folder_read(folder, "a", &fd, &read) == STATUS_OK && folder_same(&seen, &read));
	CHECK(_read(fd, content, 7) == 1 && content[0] == 'A' && _close(fd) == 0);
	CHECK(folder_put_aside(folder, "a", "refused") == STATUS_OK);
	CHECK(file_write("spool/a", text("A"), 0644) == STATUS_OK);
	CHECK(folder_put_aside(folder, "a", "refused") == STATUS_OK && path_exists("spool/refused/a.1"));
	CHECK(folder_read(folder, "refused", &fd, &read) == STATUS_REFUSED);
	CHECK(folder_look(folder, "refused", &read) == STATUS_OK && read.kind == ENTRY_FOLDER);
	CHECK(folder_remove(folder, "c") == STATUS_OK && folder_look(folder, "c", &read) == STATUS_EMPTY);
	folder_close(folder);
}

static void probe_waiting(void)
{
	struct waiter *w = NULL;
	CHECK(waiter_new(&w) == STATUS_OK);
	if (w == NULL)
		return;
	int64_t before = waiter_now();
	CHECK(waiter_wait(w, WAKE_ALL, before + 100) == 0 && waiter_now() - before >= 100);
	CHECK(!waiter_watch(w, WAKE_SPOOL, "nowhere") && waiter_watch(w, WAKE_SPOOL, "spool"));
	CHECK(waiter_watch(w, WAKE_DATA, "data"));
	CHECK(file_write("spool/new", text("N"), 0644) == STATUS_OK);
	CHECK(waiter_wait(w, WAKE_ALL, waiter_now() + 5000) == WAKE_SPOOL);
	waiter_forget(w, WAKE_SPOOL);
	CHECK(waiter_wait(w, WAKE_ALL, waiter_now() + 100) == 0);
	CHECK(!waiter_stopped(w));
	CHECK(SetEvent((HANDLE)waiter_stop_handle(w)) && waiter_wait(w, WAKE_ALL, before + 60000) == WAKE_STOP);
	CHECK(waiter_stopped(w));
	waiter_free(w);
}

int main(void)
{
	char id[MACHINE_TEXT];
	char owner[RIGHTS_TEXT];
	char remedy[RIGHTS_TEXT];
	char name[64];
	char *own = program_directory();
	probe_files();
	probe_lock();
	probe_folder();
	probe_waiting();
	machine_own_id(id);
	CHECK(id[0] != '\0');
	machine_boot(id); /* may be empty */
	account_name(name, sizeof(name));
	CHECK(own != NULL && strcmp(name, "?") != 0);
	free(own);
	CHECK(rights_judge("data/not there", RIGHTS_SECRET, owner, remedy) == RIGHTS_GOOD);
	CHECK(rights_judge("data", RIGHTS_SECRET, owner, remedy) == RIGHTS_NO_FILE && owner[0] != '\0');
	CHECK(secrecy_begin() == STATUS_OK);
	notify_ready();
	notify_alive();
	notify_stopping();
	CHECK(notify_every_ms() == -1);
	printf("%d things were not so\n", failures);
	return failures == 0 ? 0 : 1;
}
