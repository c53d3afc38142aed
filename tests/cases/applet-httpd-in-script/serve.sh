echo "$(date) starting" >&2
exec httpd -fv -p "${PORT:-80}" -h /srv/www
