#!/bin/sh
set -e
chown -R app /var/lib/app
exec gosu app "$@"
