#!/bin/sh
log() {
  printf '%s %s\n' "$(date -u +%FT%TZ)" "$1"
}
wait_for() {
  until nc -z "$1" "$2"; do
    log "waiting for $1"
    sleep 1
  done
}
wait_for "$DB_HOST" 5432
log starting
exec node index.js
