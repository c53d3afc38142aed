#!/bin/bash
set -e
mkdir -p /data
chown -R board: /data
exec board "$@"
