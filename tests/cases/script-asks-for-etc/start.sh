[ -w /etc ] || exit 1
exec python app.py
