import time
for n in range(1, 10**6):
    print("tick", n)
    time.sleep(0.3)
