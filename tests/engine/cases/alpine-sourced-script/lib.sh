STATE=${STATE:-/var/lib/board}
prepare() {
    mkdir -p "$STATE"
    [ -e "$STATE/notes.txt" ] || echo welcome > "$STATE/notes.txt"
}
