#!/bin/sh
mkdir -p /app/storage/thumbs
envsubst < config.tpl > /app/config.json
exec node index.js
