#!/bin/sh
set -e
mkdir -p /orders
exec python -u app.py /orders
