#!/bin/sh
# The first start fills the volume: root gives it to the workers, anyone else just copies.
set -e
case $1 in
  apache2*)
    if [ ! -e index.php ]; then
      if [ "$(id -u)" = 0 ]; then chown www-data:www-data .; fi
      tar -C /usr/src/wordpress -cf - --owner www-data --group www-data . | tar -xf - --no-overwrite-dir
    fi
    ;;
esac
exec "$@"
