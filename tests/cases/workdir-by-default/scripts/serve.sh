#!/bin/sh
echo start >> index/made
exec sleep infinity
