#!/bin/sh
set -e
mkdir -p /data/orders
chown -R shop:shop /data
exec shop --data /data
