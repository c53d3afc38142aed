#!/bin/sh
set -e
# An option, or what is no program, goes to node.
case "${1:-}" in
  -*) set -- node "$@" ;;
  *) command -v "${1:-none}" >/dev/null 2>&1 || set -- node "$@" ;;
esac
exec "$@"
