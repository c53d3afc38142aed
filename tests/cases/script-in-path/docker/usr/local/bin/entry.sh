#!/bin/sh
echo "relay on port 7000"
exec relayd --config /srv/relay/relay.conf
