#!/bin/sh
Xvfb :1 &
DISPLAY=:1 fluxbox &
exec x11vnc -rfbauth ~/.vnc/passwd -display :1
