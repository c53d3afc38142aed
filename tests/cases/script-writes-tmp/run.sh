#!/bin/sh
date > /tmp/started
exec python main.py
