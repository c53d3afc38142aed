gunicorn -b 127.0.0.1:8080 admin:app &
exec gunicorn -b 0.0.0.0:80 shop:app
