open("/var/log/unused.log", "w")
