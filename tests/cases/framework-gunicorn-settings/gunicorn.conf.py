bind = '0.0.0.0:8000'
pidfile = '/run/orders.pid'
accesslog = '/var/log/orders-access.log'
