#!/bin/sh
set -eu
echo "$(date) started as $(id -un)" >> /var/log/app/app.log
exec httpd -f -v -p "${PORT:-8000}" -h /www
