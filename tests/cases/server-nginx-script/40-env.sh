#!/bin/sh
echo "window.env = {}" > /usr/share/nginx/html/env.js
