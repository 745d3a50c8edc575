#!/usr/bin/python3
"""usage: plant.py BUG SOURCES OUTPUT_DIRECTORY

Copies of the real source with a bug in it, for simulators that must find it. A place that is not found exactly once
is an error: then the source has changed, and so must what is said here of it."""
import os
import sys

BUGS = {
    # The receipt leaves while what it is for is still on its way to the disk.
    "receipt_before_commit": {
        "hub/hub.c": [
            ("\ts = database_begin(hub->db);\n\tif (s == STATUS_OK)\n\t\ts = hub_catch_up(hub);",
             "\ts = hub->counter == 0 ? STATUS_OK : database_script(hub->db, \"PRAGMA synchronous=OFF\");\n\tif (s == STATUS_OK)\n"
             "\t\ts = database_begin(hub->db);\n\tif (s == STATUS_OK)\n\t\ts = hub_catch_up(hub);"),
        ],
    },
    "previous_hash_not_checked": {
        "hub/chain_place.c": [
            ("head->seq == 1 || memcmp(head->prev, p.chain.hash, HASH_LEN) == 0;", "true;"),
        ],
    },
    "counter_incremented_in_place": {
        "hub/dossier_table.c": [
            ("?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)", "?11, ?12, ?13, ?14 + coalesce((SELECT rating FROM dossier\""
             "\" WHERE code = ?1), 0), ?15, ?16, ?17, ?18)"),
        ],
    },
    # What has a receipt is thrown away, whether or not a backup of the hub has it.
    "deleted_above_safe": {
        "agent/settle_head.c": [
            ("\tsettlement->moved = settlement->moved || (s == STATUS_OK && database_changes(a->db) > 0);\n",
             "\tsettlement->moved = settlement->moved || (s == STATUS_OK && database_changes(a->db) > 0);\n"
             "\tif (s == STATUS_OK)\n"
             "\t\ts = database_script(a->db, \"DELETE FROM batch WHERE accepted_at IS NOT NULL AND id <\"\n"
             "\t\t\t\t\t\" (SELECT max(id) FROM batch)\");\n"),
        ],
    },
    # A stamp from the future becomes the time of arrival itself, ten minutes early.
    "clamped_to_arrival": {
        "protocol/thing.c": [
            ("return o->changed_at < bound ? o->changed_at : bound;",
             "return o->changed_at < bound ? o->changed_at : o->accepted_at;"),
        ],
    },
}


def plant(bug, sources, target):
    for path, changes in BUGS[bug].items():
        with open(os.path.join(sources, path), encoding="utf-8") as file:
            text = file.read()
        for old, new in changes:
            if text.count(old) != 1:
                sys.exit(f"plant.py: {bug}: {path} has this {text.count(old)} times:\n{old}")
            text = text.replace(old, new)
        with open(os.path.join(target, f"{bug}.c"), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    plant(*sys.argv[1:4])
