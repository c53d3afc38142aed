with open("data/stock.txt", "a") as stock:
    stock.write("pears 2\n")
