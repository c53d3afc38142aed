#!/bin/sh
exec sqlite3 /data/x.db
