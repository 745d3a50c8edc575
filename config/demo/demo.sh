#!/usr/bin/env bash
# The main job on loopback, in under a minute: a hub, five agents, one of them without a line, the files of the demo
# province, the reports.
# usage: demo.sh BUILD_DIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "${1:?usage: demo.sh BUILD_DIR}" && pwd)
python=/usr/bin/python3
hub=$build/motcua-hub
agent=$build/motcua-agent
top=$(mktemp -d "${TMPDIR:-/tmp}/motcua-demo.XXXXXX")
server=
failed=0

finish() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$top"
}
trap finish EXIT

caption() {
	printf '\n== %s\n   %s\n' "$1" "$2"
}

# Starts serving and waits for the line that names the port.
serve() {
	"$hub" serve --data "$top/hub" --listen 127.0.0.1:0 2>"$top/hub.log" &
	server=$!
	local tries=0
	until port=$(sed -n 's/.*listening on .*:\([0-9][0-9]*\).*/\1/p' "$top/hub.log" | head -n 1) && [ -n "$port" ]; do
		tries=$((tries + 1))
		if [ "$tries" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
			cat "$top/hub.log" >&2
			return 1
		fi
		sleep 0.1
	done
	url=https://127.0.0.1:$port
}

# Invites an agent for a unit and imports its files.
one_agent() {
	local unit=$1 code file
	code=$("$hub" invite "$unit" --data "$top/hub" --no-confirm --url "$url" --json |
		"$python" -c 'import json, sys; print(json.load(sys.stdin)["code"])')
	"$agent" enroll "$code" --url "$url" --data "$top/agent-$unit" -q >/dev/null
	for file in "$top/agents/$unit"/*; do
		printf '   %-6s %s\n' "$unit" "${file##*/}"
		"$agent" import "$file" --data "$top/agent-$unit" -q >/dev/null
	done
}

# Everything by stick, there and back.
by_stick() {
	local unit=$1
	mkdir "$top/usb"
	"$agent" export "$top/usb/xa.mcs" --data "$top/agent-$unit" -q
	"$hub" ingest "$top/usb/xa.mcs" --data "$top/hub"
	"$hub" receipts "$unit" --output "$top/usb/tinh.mcs" --data "$top/hub" -q
	"$agent" receive "$top/usb/tinh.mcs" --data "$top/agent-$unit"
}

# Shows a report, and compares its figures with expected.json.
show() {
	local name=$1
	shift
	"$hub" "$@" --data "$top/hub"
	if ! "$hub" "$@" --data "$top/hub" --json | "$python" "$here/check_demo.py" "$name"; then
		failed=1
	fi
}

caption "Dựng hub của tỉnh và danh mục 108 xã, phường" "The province's hub and its list of 108 communes"
"$hub" init --data "$top/hub" --province 06 --name "Tỉnh Bắc Kạn" -q
"$hub" units import "$here/units.csv" --data "$top/hub" -q
serve

caption "Năm máy nhập tệp và đồng bộ" "Five PCs import their files and sync"
"$python" "$here/make_demo.py" "$top"
units=("$top/agents"/*)
units=("${units[@]##*/}")
offline=${units[-1]}
for unit in "${units[@]}"; do
	one_agent "$unit"
	[ "$unit" = "$offline" ] || "$agent" sync --data "$top/agent-$unit" -q
done

caption "Một xã mất mạng: USB đi và về" "One commune has no line: a stick there and back"
by_stick "$offline"

period=(--from 2024-01-01 --to 2024-05-22)
caption "Hồ sơ một cửa của thành phố Bắc Kạn, 01/01/2024 đến 22/05/2024" \
	"One-stop dossiers of Bắc Kạn city, 1 January to 22 May 2024"
show totals totals --unit 058 "${period[@]}"

caption "Theo từng phường, xã" "By ward and commune"
"$hub" totals --unit 058 "${period[@]}" --by unit --data "$top/hub"

caption "Xã đã lắp đặt xong máy tính và máy quét, đến 20/08/2023" \
	"Communes with a computer and a scanner installed, as of 20 August 2023"
show equipment-2023-08-20 report equipment --as-of 2023-08-20 --require computer=1,scanner=1

caption "Và đến 22/05/2024" "And as of 22 May 2024"
show equipment-2024-05-22 report equipment --as-of 2024-05-22 --require computer=1,scanner=1

caption "Người có chữ ký số: thành phố báo 1.459, các phường xã cộng lại 1.450" \
	"People with a digital signature: the city reports 1,459, its wards add up to 1,450"
show digital_signature report indicators --name digital_signature --period 2024-05-22 --unit 058

caption "Hộ có cáp quang: thành phố và các phường xã khớp nhau" "Households with fibre: city and wards agree"
show fibre_households report indicators --name fibre_households --period 2024-05-22 --unit 058

caption "Kiểm tra lại toàn bộ nhật ký và số liệu" "Every signature, chain and number verified again"
"$hub" verify --full --data "$top/hub"

if [ "$failed" -ne 0 ]; then
	caption "CÓ SỐ KHÔNG KHỚP" "SOME NUMBERS ARE OFF"
	exit 1
fi
caption "Mọi con số đều đúng như mong đợi" "Every number is as expected"
