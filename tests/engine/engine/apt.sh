# shellcheck shell=bash
# The machine's own Debian mirror with another suite or kind of source, and without a trace in the machine's apt.
# The mirror's address is never printed: it may hold a password.

debian_mirror() {
  local address
  # By cat, as Debian's own awk ends at a file that is not there.
  address=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.{sources,list} \
    2>/dev/null | awk '/^URIs:/ {print $2; exit} $1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; exit}}') || true
  [ -n "$address" ] || { echo "no Debian mirror is configured for apt" >&2; return 1; }
  echo "$address"
}

# apt_private FOLDER deb|deb-src SUITE: sets apt_options to an apt with lists and cache of its own.
apt_private() {
  mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
  local mirror
  mirror=$(debian_mirror)
  (umask 077; echo "$2 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $3 main" >"$1/source.list")
  # Read by the scripts that source this file.
  # shellcheck disable=SC2034
  apt_options=(-qq -o Dir::Etc::sourcelist="$1/source.list" -o Dir::Etc::sourceparts=/nonexistent
    -o Dir::State::lists="$1/lists" -o Dir::Cache="$1/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root)
}
