#!/bin/sh
set -e
mkdir -p /data/orders
exec python shop.py --data /data/orders
