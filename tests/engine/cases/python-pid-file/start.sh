#!/bin/sh
set -e
echo $$ > /var/run/worker.pid
exec python -u worker.py
