import os, sys, time
for n in range(1, 10**6):
    print("tick", n, os.path.exists(sys.argv[1]))
    time.sleep(0.3)
