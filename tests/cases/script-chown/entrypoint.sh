#!/bin/sh
mkdir -p /app/uploads
chown -R www-data:www-data /app/uploads
exec python app.py
