open("/var/log/tests.log", "w")
