#!/bin/sh
# Puts the settings of this deployment into the built site.
set -e
sed -i "s|__API_URL__|$API_URL|g" /srv/www/config.js
exec "$@"
