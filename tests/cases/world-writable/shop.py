open("uploads/list.txt", "a").write("open")
