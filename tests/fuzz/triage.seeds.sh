# SPDX-License-Identifier: MIT
# The captures are those of the target `capture`.
# shellcheck shell=sh
exec sh "$(dirname "$0")/capture.seeds.sh" "$1"
