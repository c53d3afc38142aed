#!/bin/sh

exec /usr/bin/chromedriver --log-path=/var/log/driver "$@"
