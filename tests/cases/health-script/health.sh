date > /srv/health
