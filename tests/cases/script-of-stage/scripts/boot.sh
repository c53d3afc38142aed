#!/bin/sh
iptables -A INPUT -p tcp --dport 4567 -j ACCEPT
exec ruby lib/web.rb
