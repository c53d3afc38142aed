exec gunicorn -b 0.0.0.0:80 shop:app
