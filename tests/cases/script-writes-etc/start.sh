#!/bin/sh
echo "10.0.0.1 db" >> /etc/hosts
exec node index.js
