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

# Only the headers that protoc makes: clang needs them, not the objects.
generate_headers() {
  cmake --preset dev --log-level=WARNING -Wno-dev -D TRAINYARD_BENCHMARKS=ON >/dev/null
  ninja -C build/dev -t targets all | sed -n 's/^\([^:]*\.pb\.h\): .*/\1/p' | xargs ninja -C build/dev --quiet
}

tidy() {
  generate_headers
  # Suppressed warnings are counted on stderr for each file: noise.
  printf '%s\n' "${sources[@]}" | grep '\.cc$' |
    xargs -P "$(nproc)" -n 4 clang-tidy -p build/dev --quiet 2> >(grep -vE '^[0-9]+ warnings? (and|generated)|^$' >&2)
}

step format formatted
step "shell scripts" shell_parses
step "include directions" tests/architecture/check_includes.sh
step "clang-tidy and thread safety" tidy
exit $failed
