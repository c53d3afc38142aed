import os
import pathlib
import time

data = pathlib.Path(os.environ["DATA_DIR"])
n = 0
while True:
    n += 1
    (data / f"job-{n % 5}.json").write_text('{"tick": %d}\n' % n)
    print("tick", n)
    time.sleep(0.5)
