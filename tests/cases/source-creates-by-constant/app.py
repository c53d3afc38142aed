PID_FILE = "/var/run/shop.pid"

with open(PID_FILE, "w") as file:
    file.write("1")
