#!/usr/bin/env bash
# get.sh DEST: unpacks a Docker engine with BuildKit below DEST, from Debian's packages; writes DEST/env.
# Debian 13's engine needs only a libc of Debian 12, and knows heredocs and `COPY --link`, which Debian 12's does not.
# Where Debian 13 is not in reach it takes Debian 12's. UNROOT_ENGINE_SUITE=bookworm asks for that one.
set -euo pipefail
dest=$(mkdir -p "$1" && readlink -f "$1")
rm -rf "${dest:?}"/*
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=apt.sh
. "$here/apt.sh"

packages=(runc mmdebstrap iproute2 make bzip2 gcc libc6-dev util-linux)
missing=()
python3 -c 'import tomllib, pip' 2>/dev/null || missing+=(python3 python3-pip)
for package in "${packages[@]}"; do
  dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$dest/install.log" 2>&1 \
    || { tail -5 "$dest/install.log" >&2; exit 1; }
fi

# take SUITE PACKAGE...: the packages of that suite, unpacked below DEST and not installed.
take() {
  local suite=$1; shift
  apt_private "$dest/apt-$suite" deb "$suite"
  mkdir -p "$dest/deb"
  apt-get "${apt_options[@]}" update \
    && (cd "$dest/deb" && apt-get "${apt_options[@]}" download "$@") \
    && for deb in "$dest"/deb/*.deb; do dpkg-deb -x "$deb" "$dest" || return 1; done
}
suite=${UNROOT_ENGINE_SUITE:-trixie}
if [ "$suite" != trixie ] || ! take trixie docker.io docker-cli docker-buildx containerd; then
  suite=bookworm
  rm -rf "${dest:?}"/{deb,usr,etc}
  take bookworm docker.io containerd
fi
rm -rf "$dest/deb"

mkdir -p "$dest/config/cli-plugins"
echo '{}' >"$dest/config/config.json"
buildx=$dest/usr/libexec/docker/cli-plugins/docker-buildx
if [ -e "$buildx" ]; then ln -sf "$buildx" "$dest/config/cli-plugins/docker-buildx"; fi
# Quoted by printf, as the folder's name is the user's.
{
  # shellcheck disable=SC2016
  printf 'export PATH=%q:%q:$PATH\n' "$dest/usr/bin" "$dest/usr/sbin"
  printf 'export DOCKER_CONFIG=%q DOCKER_BUILDKIT=1\n' "$dest/config"
} >"$dest/env"
echo "$suite"
