#!/bin/sh
# A client that jumps: the bastion lets it through, the host behind it answers, and both are asked what they saw.
set -eu
cd "$(dirname "$0")"

mock-ssh verify --scenario bastion.toml -- ssh -F {config} db01 psql --version

# A client that works on the bastion itself fails, and the report of the bastion says so.
if report=$(mock-ssh verify --scenario bastion.toml -- ssh -F {config} anna psql --version 2>&1); then
    echo "the test of a client that did not jump passed" >&2
    exit 1
fi
case $report in *'forwarded "db01:22"'*) ;; *) echo "$report" >&2; exit 1 ;; esac
