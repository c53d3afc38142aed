#!/bin/sh
set -e
mkdir -p uploads
exec node dist/server.js
