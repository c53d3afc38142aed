open("out/visits", "a").write("one\n")
