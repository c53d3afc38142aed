#!/bin/bash
fluxbox -display "$DISPLAY" &
exec x11vnc -forever -usepw -rfbport 5900 -display "$DISPLAY"
