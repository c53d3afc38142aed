print(open("/etc/shop/key").read())
