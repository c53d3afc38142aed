#!/bin/sh
set -e
# RUN_AS=queue steps down; root is what people had before
if [ "$(id -u)" = 0 ]; then
    chown -R "${RUN_AS:-root}" /var/lib/queue
    exec gosu "${RUN_AS:-root}" "$@"
fi
exec "$@"
