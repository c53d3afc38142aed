open("/data/stock.txt", "a").write("apples")
