#!/bin/sh
set -e
sed -i "s#__API__#${API}#" /usr/share/nginx/html/index.html
