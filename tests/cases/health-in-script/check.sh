#!/bin/sh
wget -qO- http://localhost/
