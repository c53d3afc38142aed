#!/bin/sh
# Fills templates in as the image's own script of this name does.
templates=/etc/nginx/templates
into=/etc/nginx/conf.d
[ -d "$templates" ] || exit 0
if [ ! -w "$into" ]; then
  echo "$0: ERROR: $templates exists, but $into is not writable" >&2
  exit 0
fi
names=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/${\1}/p' | tr '\n' ' ')
for template in "$templates"/*.template; do
  envsubst "$names" <"$template" >"$into/$(basename "$template" .template)"
done
