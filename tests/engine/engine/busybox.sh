#!/usr/bin/env bash
# busybox.sh OUTFILE: a static BusyBox with adduser and addgroup, which Debian's has not, from Debian's source package.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
out=$(readlink -f "$(dirname "$1")")/$(basename "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=apt.sh
. "$here/apt.sh"
cd "$folder"
apt_private "$folder/apt" deb-src "$(. /etc/os-release && echo "$VERSION_CODENAME")"
apt-get "${apt_options[@]}" update
apt-get "${apt_options[@]}" source --download-only busybox >/dev/null
tar xf busybox_*.orig.tar.bz2
cd busybox-*/
make -s defconfig >/dev/null 2>&1 </dev/null

# Families that no Dockerfile uses: a third of the time of the build.
for family in console-tools e2fsprogs mailutils miscutils modutils printutils runit selinux sysklogd; do
  sed -n 's/^config //p' "$family/Config.in" | while read -r option; do
    sed -i -E "s/^CONFIG_$option=.*/# CONFIG_$option is not set/" .config
  done
done
for option in STATIC USE_BB_PWD_GRP USE_BB_SHADOW FEATURE_SHADOWPASSWDS ADDUSER ADDGROUP DELUSER DELGROUP \
  FEATURE_ADDUSER_TO_GROUP FEATURE_DEL_USER_FROM_GROUP; do
  sed -i -E "s/^# CONFIG_$option is not set$/CONFIG_$option=y/" .config
  grep -q "^CONFIG_$option=y" .config || echo "CONFIG_$option=y" >>.config
done
# `tc` does not compile with new kernel headers; Alpine's last id is 256000.
sed -i -E 's/^CONFIG_TC=y/# CONFIG_TC is not set/; s/^CONFIG_LAST_ID=.*/CONFIG_LAST_ID=256000/' .config
yes '' | make -s oldconfig >/dev/null 2>&1 || true
make -s -j2 busybox >build.log 2>&1 || { tail -20 build.log >&2; exit 1; }
cp busybox "$out.new"
mv "$out.new" "$out"
