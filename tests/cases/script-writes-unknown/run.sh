#!/bin/sh
mkdir -p "$REPORTS"
exec python main.py
