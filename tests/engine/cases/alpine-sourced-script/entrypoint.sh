#!/bin/sh
. /app/lib.sh
prepare
exec bin/board "$@" "$STATE"
