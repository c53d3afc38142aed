#!/bin/sh
chown -R root /backup
