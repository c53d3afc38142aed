#!/bin/sh
# Edits default.conf where it may, as the image's own script of this name does.
conf=/etc/nginx/conf.d/default.conf
if [ ! -w "$conf" ]; then
  echo "$0: info: can not modify $conf (read-only file system?)" >&2
  exit 0
fi
grep -q 'listen  *\[::\]' "$conf" || [ ! -e /proc/net/if_inet6 ] || sed -i -E 's/^( *)listen +80;/&\n\1listen  [::]:80;/' "$conf"
