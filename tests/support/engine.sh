#!/bin/sh
# Stands in for an engine: keeps what is made as files below $FAKE, so that a test sees what is left of it.
# $FAKE/fails: a build fails; $FAKE/slow: a build takes a minute; the second image is the rewritten one.
echo "$*" >>"$FAKE/calls"
next() { n=$(cat "$FAKE/count"); echo $((n + 1)) >"$FAKE/count"; }
case "$1 $2" in
"version --format") echo 1.2.3 ;;
"build "*)
  next
  touch "$FAKE/images/i$n"
  if [ -e "$FAKE/slow" ]; then touch "$FAKE/containers/half" "$FAKE/started"; sleep 60; fi
  if [ -e "$FAKE/fails.$n" ]; then echo "step 1" >&2; echo "ERROR: no such file x" >&2; exit 1; fi
  while [ "$1" != --iidfile ]; do shift; done
  echo "i$n" >"$2" ;;
"image inspect")
  user=$(cat "$FAKE/user.$3" 2>/dev/null || echo 1000:1000)
  echo "[{\"Id\":\"$3\",\"Size\":1000000,\"Config\":{\"User\":\"$user\"}}]" ;;
"create "*)
  next
  for last; do :; done
  echo "$last" >"$FAKE/containers/c$n"
  echo "c$n" ;;
"start "*) image=$(cat "$FAKE/containers/$2"); if [ -e "$FAKE/dead.$image" ]; then echo "Error: exec /app: permission denied" >&2; exit 1; fi ;;
"container inspect") echo "[{\"Id\":\"$3\",\"State\":{\"Running\":true,\"Pid\":0,\"ExitCode\":0}}]" ;;
"exec "*) exit 0 ;;
"top "*) image=$(cat "$FAKE/containers/$2"); echo "PID UID COMMAND"; cat "$FAKE/top.$image" 2>/dev/null || echo "7 1000 node" ;;
"logs "*) image=$(cat "$FAKE/containers/$4"); cat "$FAKE/log.$image" 2>/dev/null || true ;;
"diff "*) image=$(cat "$FAKE/containers/$2"); cat "$FAKE/diff.$image" 2>/dev/null || true ;;
"export "*) tar -C "$FAKE/root" --owner=0 --group=0 -cf - . ;;
"network create") for last; do :; done; touch "$FAKE/networks/$last" ;;
"ps "*) ls "$FAKE/containers" ;;
"network ls") ls "$FAKE/networks" ;;
"volume ls") ;;
"images "*) ls "$FAKE/images" ;;
"rm "*) for last; do :; done; rm -f "$FAKE/containers/$last" ;;
"network rm") rm -f "$FAKE/networks/$3" ;;
"rmi "*) rm -f "$FAKE/images/$3" ;;
*) echo "unknown: $*" >&2; exit 9 ;;
esac
