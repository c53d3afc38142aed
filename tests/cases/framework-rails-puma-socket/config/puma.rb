workers 2
pidfile '/run/puma.pid'
bind 'unix:///run/puma.sock'
stdout_redirect '/var/log/puma.log', '/var/log/puma.err', true
