#!/bin/sh
set -e
chown -R 10001 /app
exec setpriv --reuid 10001 --clear-groups "$@"
