#!/bin/sh
# The tool under test: retry.sh CONFIG
set -eu
for pause in 0.1 0.2 0.4; do
    ssh -F "$1" none uptime && exit
    sleep "$pause"
done
exit 1
