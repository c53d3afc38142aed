#!/bin/bash
source bin/env.sh
exec node index.js
