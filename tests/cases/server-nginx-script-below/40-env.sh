#!/bin/sh
echo "window.env = {}" > /usr/share/nginx/html/conf/env.js
