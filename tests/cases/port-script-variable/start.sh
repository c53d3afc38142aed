exec gunicorn -b "0.0.0.0:$PORT" shop:app
