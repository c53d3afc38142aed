#!/bin/bash
set -e

# The first word may be an option of the server.
if [ "${1:0:1}" = "-" ]; then
  set -- mysqld_safe "$@"
fi

if [ "$1" = mysqld_safe ]; then
  FOLDER=/var/lib/mysql
  if [ ! -d "$FOLDER/mysql" ]; then
    mysql_install_db --datadir="$FOLDER"
    FIRST=/tmp/first.sql
    cat > "$FIRST" <<-SQL
	CREATE DATABASE shop;
	SQL
    set -- "$@" --init-file="$FIRST"
  fi
  chown -R mysql:mysql "$FOLDER"
fi

exec "$@"
