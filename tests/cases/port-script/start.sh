#!/bin/sh
set -e
echo "starting the shop"
# The load balancer asks on 80.
exec gunicorn --bind 0.0.0.0:80 --workers 2 shop:app
