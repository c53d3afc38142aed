until curl -s http://registry:80/ready; do sleep 1; done
exec gunicorn -b 0.0.0.0:8000 shop:app
