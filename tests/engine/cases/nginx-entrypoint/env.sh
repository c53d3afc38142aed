#!/bin/sh
echo "window.env={api:\"${API_URL:-/api}\"}" > /usr/share/nginx/html/env.js
