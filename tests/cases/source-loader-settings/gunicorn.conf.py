pidfile = "/var/run/gunicorn.pid"
accesslog = "/srv/access.log"
bind = "0.0.0.0:80"
