#!/bin/sh
for part in ./*.part.sh; do sh $part; done
