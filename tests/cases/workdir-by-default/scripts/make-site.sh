#!/bin/sh
set -e
mkdir -p "$SITE_HOME/index"
date > $SITE_HOME/index/made
