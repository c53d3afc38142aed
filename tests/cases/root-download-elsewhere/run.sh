#!/bin/sh
export PLAYWRIGHT_BROWSERS_PATH=$HOME/browsers
python app.py
