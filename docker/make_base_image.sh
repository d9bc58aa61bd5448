#!/usr/bin/env bash
# Gives the local Docker an image debian:bookworm-slim where no registry is reachable: a minimal Debian 12
# from the package sources that this machine uses itself. Root, and debootstrap, are needed.
#
#   docker/make_base_image.sh [IMAGE]
set -euo pipefail
image=${1:-debian:bookworm-slim}
suite=bookworm

if docker image inspect "$image" >/dev/null 2>&1; then
  echo "$image is there"
  exit
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

sources=$(apt-get indextargets --format "deb \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
  sort -u | awk -v suite="$suite" '$3 ~ "^" suite "(-updates|-security)?$" && $4 == "main"')
mirror=$(awk -v suite="$suite" '$3 == suite {print $2; exit}' <<<"$sources")
[[ -n $mirror ]] || { echo "this machine's package sources have no $suite" >&2; exit 1; }

debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" ||
  { tail -20 "$root.log" >&2; exit 1; }
rm -f "$root.log"
printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
# As small as the registry's own: no package files, no lists, no documentation.
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
  "$root"/usr/share/{doc,man,info,locale}/*
tar -C "$root" --numeric-owner -c . |
  docker import --change 'CMD ["bash"]' --message "debootstrap --variant=minbase $suite" - "$image"
