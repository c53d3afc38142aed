#!/bin/sh

exec python -m suite
