#!/bin/sh
# A test in the shell: the tool, the host it meets, and what has to be true in the end. Needs `mock-ssh` and `ssh`.
set -eu
cd "$(dirname "$0")"

mock-ssh verify --scenario host.toml --expect 'login deploy x3' --junit "${JUNIT:-/dev/null}" -- sh upgrade.sh {config}

# And the other way round: a tool that does too much fails, and the report says with what.
if report=$(mock-ssh verify --scenario host.toml -- ssh -F {config} deploy rm -rf /srv/app 2>&1); then
    echo "the test of a wrong tool passed" >&2
    exit 1
fi
case $report in *'"rm -rf /srv/app"'*) ;; *) echo "$report" >&2; exit 1 ;; esac
