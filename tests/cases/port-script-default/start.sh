exec gunicorn -b "[::]:${PORT:-80}" shop:app
