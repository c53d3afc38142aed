#!/bin/bash
exec x11vnc -forever -rfbauth /root/.vnc/passwd -display "$DISPLAY"
