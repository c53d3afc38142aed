#!/usr/bin/env bash
# make.sh WORK [make|tags|remove]: local stand-ins for well-known base images, under the names that Dockerfiles use, as
# no registry is in reach. What a rewrite depends on is as in the real ones: accounts, tools, shell, paths, ports,
# command, ENV. Needs DOCKER_HOST. An image that is there with the same key (hash of its folder and of its parent's
# key) is kept. `tags` prints their names, `remove` takes them from an engine that is not ours.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
work=$(readlink -f "$1")
mode=${2:-make}
export here work
mkdir -p "$work/logs" "$work/keys"
rm -f "$work/keys"/*

# key NAME PARENT: written down for the children of the image.
key() {
  {
    cat "$here/prepare.sh"
    if [ -e "$work/keys/$2" ]; then cat "$work/keys/$2"; fi
    if [ -d "$here/$1" ]; then (cd "$here/$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); fi
  } | sha256sum | cut -c1-16 | tee "$work/keys/$1"
}

label() { docker image inspect -f '{{index .Config.Labels "unroot.stand-in"}}' "$1" 2>/dev/null; }

# image NAME PARENT TAG...: makes one, from the folder NAME (see prepare.sh), and gives it all its tags.
image() {
  local name=$1 parent=$2 first=$3 wanted began=$SECONDS tag
  shift 2
  if [ "$mode" = tags ]; then printf '%s\n' "$@"; return; fi
  if [ "$mode" = remove ]; then
    for tag; do if [ -n "$(label "$tag")" ]; then docker rmi --force "$tag" >/dev/null; fi; done
    return
  fi
  wanted=$(key "$name" "$parent")
  if [ "$(label "$first")" != "$wanted" ]; then
    local how=make_folder
    if [ "$name" = debian ]; then how=make_debian; fi
    # In a shell of its own, as bash forgets `set -e` left of `||`.
    # shellcheck disable=SC2016
    "$BASH" -c 'set -euo pipefail; . "$0"; . "$1"; shift; "$@"' "$here/../engine/apt.sh" "$here/prepare.sh" \
      "$how" "$name" "$first" "$wanted" >"$work/logs/$name.log" 2>&1 \
      || { echo "base image $first was not made:" >&2; tail -25 "$work/logs/$name.log" | sed -E 's#https?://[^ ]+#URL#g' >&2; return 1; }
    printf '  %-52s %3ds\n' "$first" $((SECONDS - began))
  fi
  for tag; do docker tag "$first" "$tag"; done
}

# Two lanes at once.
lane_servers() {
  image nginx debian nginx:1.27 nginx:{latest,stable,mainline,1.27-bookworm}
  image httpd debian httpd:2.4 httpd:latest
  image archive debian debian:12.11
  image openresty debian openresty/openresty:bookworm openresty/openresty:latest
  image haproxy debian haproxy:2.2
  image tomcat debian tomcat:10.1 tomcat:{10,latest}
  image golang debian golang:1.22 golang:latest
  image ubuntu debian ubuntu:24.04 ubuntu:latest
  image distroless debian gcr.io/distroless/static-debian12:latest gcr.io/distroless/{static,base-debian12}:latest
  image distroless-nonroot distroless gcr.io/distroless/static-debian12:nonroot gcr.io/distroless/{static,base-debian12}:nonroot
}
lane_languages() {
  image node debian node:22-slim node:{20,22,20-slim,lts,lts-slim,latest,22-bookworm-slim}
  image python debian python:3.12-slim python:{3,3-slim,3.11,3.11-slim,3.12,slim,latest}
  image python-servers python python:3.12-bookworm
  image ruby debian ruby:3.3-slim ruby:{3.3,3,latest}
  image php debian php:8.3-cli php:{8.3,8-cli,8,cli,latest}
  image php-fpm php php:8.3-fpm php:{8-fpm,fpm}
  image php-apache php php:8.3-apache php:{8-apache,apache}
  image wordpress php-apache wordpress:6 wordpress:{php8.3-apache,latest}
  image phpmyadmin php-apache phpmyadmin:5 phpmyadmin:latest
  image rpm debian registry.access.redhat.com/ubi9/ubi-minimal:latest amazonlinux:{2023,2,latest}
  image rpm-tools rpm rockylinux:9 rockylinux:latest
}
lane_busybox() {
  image alpine debian alpine:3.20 alpine:{latest,3,3.19,3.21}
  image busybox alpine busybox:1.36 busybox:latest
  image node-alpine alpine node:22-alpine node:20-alpine
  image caddy alpine caddy:2 caddy:{2-alpine,latest}
}

lane_first() {
  image debian none debian:bookworm-slim debian:{bookworm,12,12-slim,stable-slim,latest}
  image apt debian unroot.suite/apt:latest
}

if [ "$mode" != make ]; then
  lane_first
  lane_servers
  lane_languages
  lane_busybox
  exit
fi
busybox=
if [ ! -e "$work/busybox" ]; then
  "$here/../engine/busybox.sh" "$work/busybox" >"$work/logs/busybox-build.log" 2>&1 &
  busybox=$!
fi
lane_first
lane_servers & servers=$!
lane_languages & languages=$!
status=0
wait $servers || status=1
wait $languages || status=1
if [ -n "$busybox" ]; then
  wait $busybox || { echo "BusyBox was not built:" >&2; tail -20 "$work/logs/busybox-build.log" >&2; exit 1; }
fi
[ $status = 0 ] || exit 1
lane_busybox
