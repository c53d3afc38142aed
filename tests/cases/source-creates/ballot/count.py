class Count:
    def __call__(self, environ, start_response):
        with open("/var/spool/ballot/votes", mode="a") as votes:
            votes.write("1")
