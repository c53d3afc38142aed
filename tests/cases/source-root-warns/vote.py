import os
import sys

# if os.geteuid() != 0: sys.exit(1)
if os.geteuid() != 0:
    print("not root: no packet capture")
if os.getuid() == 0:
    sys.exit("never as root")
if len(sys.argv) > 4 and os.geteuid() != 0:
    sys.exit("four words are for root")
