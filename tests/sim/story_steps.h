/*
 * The steps of the story, by what a person, a service or a hub does. All alike: STATUS_OK, or what went wrong; done
 * again, they come to the same.
 */
#ifndef MOTCUA_TESTS_STORY_STEPS_H
#define MOTCUA_TESTS_STORY_STEPS_H

#include "tests/sim/story.h"

/* Where a PC leaves its stick for the hub, and the hub its answer; on the disk of whoever writes. */
#define STICK      "/disk-%d/stick.mcs"
#define STICK_BACK "/disk-hub/back.mcs"

MUST_CHECK enum status step_init_hub(struct story *story, int pc);
MUST_CHECK enum status step_import_units(struct story *story, int pc);
MUST_CHECK enum status step_invite_first(struct story *story, int pc);
MUST_CHECK enum status step_enroll(struct story *story, int pc);
MUST_CHECK enum status step_add(struct story *story, int pc);
MUST_CHECK enum status step_sync_now(struct story *story, int pc);
MUST_CHECK enum status step_invite_second(struct story *story, int pc);
MUST_CHECK enum status step_import_small(struct story *story, int pc);
MUST_CHECK enum status step_tidy(struct story *story, int pc);
MUST_CHECK enum status step_copy_database(struct story *story, int pc);
MUST_CHECK enum status step_put_back(struct story *story, int pc);
MUST_CHECK enum status step_sync_put_back(struct story *story, int pc);
MUST_CHECK enum status step_spoil(struct story *story, int pc);
MUST_CHECK enum status step_reidentify(struct story *story, int pc);
MUST_CHECK enum status step_take_back(struct story *story, int pc);
MUST_CHECK enum status step_restart_hub(struct story *story, int pc);
MUST_CHECK enum status step_export_stick(struct story *story, int pc);
MUST_CHECK enum status step_ingest_stick(struct story *story, int pc);
MUST_CHECK enum status step_write_receipts(struct story *story, int pc);
MUST_CHECK enum status step_receive(struct story *story, int pc);
MUST_CHECK enum status step_suspend(struct story *story, int pc);
MUST_CHECK enum status step_resume(struct story *story, int pc);
MUST_CHECK enum status step_import_large(struct story *story, int pc);
MUST_CHECK enum status step_lose_database(struct story *story, int pc);
MUST_CHECK enum status step_invite_again(struct story *story, int pc);
MUST_CHECK enum status step_lose_key(struct story *story, int pc);
MUST_CHECK enum status step_enroll_again(struct story *story, int pc);
MUST_CHECK enum status step_verify(struct story *story, int pc);
MUST_CHECK enum status step_total(struct story *story, int pc);

#endif
