#!/bin/sh
set -e
echo start >> /var/log/orders/start.log
exec python app.py
