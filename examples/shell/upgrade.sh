#!/bin/sh
# The tool under test: upgrade.sh CONFIG
set -eu
ssh -F "$1" deploy 'systemctl stop app'
ssh -F "$1" deploy 'systemctl start app'
test "$(ssh -F "$1" deploy 'cat /srv/app/version')" = 1.2.3
