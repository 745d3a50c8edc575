#!/bin/sh
# Every message of the programs has a good Vietnamese translation: lists each that is missing from
# config/po/vi.po, fuzzy or untranslated, and fails if there is one.
set -eu

cd "$(dirname "$0")/.."
po=config/po/vi.po
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find agent hub config protocol -name '*.[ch]' | LC_ALL=C sort >"$work/files"
xgettext --language=C --from-code=UTF-8 --keyword --keyword=_ --keyword=N_ --files-from="$work/files" \
	--output="$work/messages.pot"
msgfmt --check --output-file="$work/motcua.mo" "$po"

# Prints the msgids of a catalogue, one a line, each with the word given first; the header has none.
msgids() {
	word=$1
	shift
	msgattrib --no-obsolete --no-wrap "$@" | awk -v word="$word" '
		/^msgid / { inside = 1; text = "" }
		/^msgstr / { if (inside && text != "") print word ": " text; inside = 0 }
		inside { sub(/^(msgid )?"/, ""); sub(/"$/, ""); text = text $0 }'
}

# What vi.po does not know comes out of the merge untranslated.
msgmerge --quiet --no-fuzzy-matching --output-file="$work/merged.po" "$po" "$work/messages.pot"
msgids 'missing or untranslated' --untranslated "$work/merged.po" >"$work/faults"
msgids 'fuzzy' --only-fuzzy "$work/merged.po" >>"$work/faults"

if [ -s "$work/faults" ]; then
	cat "$work/faults"
	echo "$po is not complete" >&2
	exit 1
fi
