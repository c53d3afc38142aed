#!/usr/bin/env bash
# daemon.sh start|stop WORK: a Docker daemon of our own, with data, socket and bridge of its own, so that neither the
# user's images nor another daemon's network are touched. `start` prints the DOCKER_HOST.
set -euo pipefail
work=$(readlink -f "$2")
pidfile=$work/dockerd.pid
socket=$work/docker.sock
# A bridge's name has at most 15 letters; the folder's hash keeps two checkouts apart.
bridge=unroot$(printf %s "$work" | sha256sum | cut -c1-8)

# ours: the daemon of the pid file runs, and the number was not given to another program since.
ours() {
  [ -s "$pidfile" ] && tr '\0' ' ' <"/proc/$(cat "$pidfile")/cmdline" 2>/dev/null | grep -qF -- "--pidfile $pidfile"
}

# free_subnet: a private /24 that no route of the machine holds. Each folder begins to look at a place of its own, as
# two engines that start at the same moment would not see each other's.
free_subnet() {
  local routes offset third
  routes=$(ip -4 route list table all)
  offset=$(printf '%d' "0x${bridge:6:4}")
  for third in $(seq 0 255); do
    third=$(((offset + third) % 256))
    case $routes in *"172.29.$third."*) ;; *) echo "172.29.$third.1/24"; return ;; esac
  done
  echo "no free subnet for the bridge" >&2
  return 1
}

stop() {
  local pid
  if ours; then
    pid=$(cat "$pidfile")
    kill "$pid"
    for _ in $(seq 1 150); do [ -d "/proc/$pid" ] || break; sleep 0.1; done
    if [ -d "/proc/$pid" ]; then kill -KILL "$pid"; fi
  fi
  # Mounts that a daemon leaves behind (the network namespaces' always), innermost first.
  awk -v top="$work/" 'index($5, top) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r mount; do
    umount "$mount" 2>/dev/null || umount -l "$mount" || true
  done
  if ip link show "$bridge" >/dev/null 2>&1; then ip link del "$bridge"; fi
  if [ -e "$work/made-etc-docker" ]; then
    rmdir /etc/docker 2>/dev/null || true
    rm -f "$work/made-etc-docker"
  fi
  rm -f "$pidfile" "$socket"
}

start() {
  [ ${#socket} -lt 100 ] || { echo "the folder's name is too long for a socket: set UNROOT_ENGINE to a shorter one" >&2; exit 1; }
  stop
  [ -d /etc/docker ] || touch "$work/made-etc-docker"
  local subnet
  subnet=$(free_subnet)
  ip link add "$bridge" type bridge
  ip addr add "$subnet" dev "$bridge"
  ip link set "$bridge" up
  mkdir -p "$work/graph" "$work/exec"
  # Never more than the hard limit that this machine allows. No rules of iptables, no forwarding: published ports are
  # served by docker-proxy on loopback, and nothing gets out.
  local files
  files=$(ulimit -Hn)
  [ "$files" != unlimited ] || files=1048576
  setsid dockerd -H "unix://$socket" --data-root "$work/graph" --exec-root "$work/exec" --pidfile "$pidfile" \
    --bridge "$bridge" --default-ulimit nofile="$files:$files" --iptables=false --ip-forward=false --ip-masq=false \
    --userland-proxy=true >"$work/dockerd.log" 2>&1 </dev/null 9>&- &
  for _ in $(seq 1 300); do
    if docker -H "unix://$socket" version >/dev/null 2>&1; then echo "unix://$socket"; return; fi
    sleep 0.1
  done
  echo "dockerd did not start:" >&2
  tail -20 "$work/dockerd.log" >&2
  exit 1
}

"$1"
