#!/usr/bin/env bash
# Gives the local Docker an image debian:SUITE-slim where no registry is reachable: a minimal Debian from the
# package sources that this machine uses itself, whichever Debian it runs. Root, and debootstrap, are needed.
#
#   docker/make_base_image.sh [SUITE]         bookworm (the default), trixie
set -euo pipefail
suite=${1:-bookworm}
image=debian:$suite-slim
own=$(. /etc/os-release && echo "$VERSION_CODENAME")

if docker image inspect "$image" >/dev/null 2>&1; then
  echo "$image is there"
  exit
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

sources=$(apt-get indextargets --format "deb \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
  sort -u | awk -v own="$own" -v suite="$suite" \
    '$3 ~ "^" own "(-updates|-security)?$" && $4 == "main" {sub("^" own, suite, $3); print}')
mirror=$(awk -v suite="$suite" '$3 == suite {print $2; exit}' <<<"$sources")
[[ -n $mirror ]] || { echo "this machine's package sources have no $own" >&2; exit 1; }

debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" ||
  { tail -20 "$root.log" >&2; exit 1; }
rm -f "$root.log"
printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
# As small as the registry's own: no package files, no lists, no documentation.
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
  "$root"/usr/share/{doc,man,info,locale}/*
tar -C "$root" --numeric-owner -c . |
  docker import --change 'CMD ["bash"]' --message "debootstrap --variant=minbase $suite" - "$image"
