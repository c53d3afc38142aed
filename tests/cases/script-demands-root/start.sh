#!/bin/sh
if [ "$(id -u)" -ne 0 ]; then
  echo "must be root" >&2
  exit 1
fi
exec python app.py
