#!/bin/sh
# A host that is not up yet and resets connections: the tool must wait between its attempts, and longer each time.
set -eu
cd "$(dirname "$0")"
events=$(mktemp)
trap 'rm -f "$events"' EXIT

verify() {
    mock-ssh verify --fault 'accept: reset; first 2; named "cold start"' --expect 'fault "cold start" x2' \
        --expect 'connected x3' --expect 'exec uptime x1' --events "$events" -- "$@"
}

# How many seconds lie between one attempt and the next.
gaps() {
    sed -n 's/^{"event":"connected",.*"at":\([0-9.]*\).*/\1/p' "$events" | awk 'NR > 1 { print $1 - last } { last = $1 }'
}

verify sh retry.sh {config}
gaps | awk '$1 < NR / 10 { print "it waited only " $1 " s after attempt " NR; early = 1 } END { exit early || NR != 2 }'

# A tool that gives up at once fails, and the report says what did not come.
if report=$(verify ssh -F {config} none uptime 2>&1); then
    echo "the test of a tool that gives up passed" >&2
    exit 1
fi
case $report in *'connected exactly 3 times'*) ;; *) echo "$report" >&2; exit 1 ;; esac
