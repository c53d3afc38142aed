import logging.handlers

from .count import Count

logging.getLogger().addHandler(logging.handlers.RotatingFileHandler('/var/log/ballot.log', maxBytes=1000))
app = Count()
