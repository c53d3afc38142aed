#!/bin/sh
n=0
while sleep 0.3; do
    n=$((n + 1))
    echo "job $n" >> /var/lib/queue/jobs
    echo "tick $n"
done
