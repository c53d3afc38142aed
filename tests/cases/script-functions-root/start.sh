#!/bin/sh
prepare() {
  mount -t tmpfs tmpfs /app/scratch
}
prepare
exec node index.js
