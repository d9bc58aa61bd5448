#!/bin/sh
# Proves from the #include lines of engine, server and client that directions.txt is kept and that neither
# files nor folders include each other in a circle. Prints each violation; exit code 1 where there is one.
#
#   check_includes.sh [ROOT]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"
find engine server client \( -name '*.h' -o -name '*.cc' \) | LC_ALL=C sort |
  xargs awk -f "$here/check_includes.awk" directions="$here/directions.txt" "$here/directions.txt"
