#!/usr/bin/env bash
# What `./dev lint` runs, cheapest first: format, include directions, then clang-tidy with the list in
# .clang-tidy over every file (or the files named). The compile database is that of the preset `dev`, so
# thread-safety analysis and warnings count as errors too. Exit code 1 where anything was found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

failed=0
step() {
  local name=$1 started=$SECONDS
  shift
  if "$@"; then
    echo "lint: $name: ok ($((SECONDS - started)) s)"
  else
    echo "lint: $name: FAILED"
    failed=1
  fi
}

if (($#)); then
  sources=("$@")
else
  mapfile -t sources < <(find engine server client tests -name '*.h' -o -name '*.cc' | LC_ALL=C sort)
fi

formatted() {
  printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 16 clang-format --dry-run --Werror ||
    { echo "not formatted; ./dev format"; return 1; }
}

shell_parses() {
  local script
  for script in dev .ci/run $(find docker docs tests -name '*.sh'); do bash -n "$script" || return 1; done
}

# The translation units of the compile database that hold the sources: themselves, or those that include them
# (TRAINYARD_UNITY in CMakeLists.txt).
units() {
  printf '%s\n' "${sources[@]}" | awk -v root="$PWD/" '
    FNR == NR { wanted[/^\// ? $0 : root $0]; next }
    !/"file": "/ { next }
    {
      gsub(/.*"file": "|",?$/, "")
      found = $0 in wanted
      if (/\/Unity\//) {
        while ((getline line < $0) > 0) {
          gsub(/^#include "|"$/, "", line)
          if (line in wanted) found = 1
        }
        close($0)
      }
      if (found) print
    }' - build/dev/compile_commands.json
}

tidy() {
  cmake --preset dev --log-level=WARNING -Wno-dev -D TRAINYARD_BENCHMARKS=ON >/dev/null
  ninja -C build/dev --quiet generated_sources
  # Suppressed warnings are counted on stderr for each file: noise.
  units | xargs -r -P "$(nproc)" -n 1 clang-tidy -p build/dev --quiet \
    2> >(grep -vE '^[0-9]+ warnings? (and|generated)|^$' >&2)
}

step format formatted
step "shell scripts" shell_parses
step "include directions" tests/architecture/check_includes.sh
step "clang-tidy and thread safety" tidy
exit $failed
