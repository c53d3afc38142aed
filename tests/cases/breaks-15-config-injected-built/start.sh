#!/bin/sh
set -e

sed -i "s|__API_URL__|$API_URL|" /web/dist/env.js

exec serve --single --listen 3000 /web/dist
