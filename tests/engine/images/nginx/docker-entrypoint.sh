#!/bin/sh
set -e
case "$1" in
  nginx | nginx-debug) for script in /docker-entrypoint.d/*.sh; do [ ! -x "$script" ] || "$script"; done ;;
esac
exec "$@"
