#!/bin/sh
cp conf /www/
sleep 1000
