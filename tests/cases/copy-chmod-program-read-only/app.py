open("shop.log", "a").write("one\n")
