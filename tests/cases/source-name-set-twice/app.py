import os
import sys

DATA = "/var/lib/shop"
DATA = sys.argv[1] if len(sys.argv) > 1 else "data"
os.makedirs(DATA, exist_ok=True)
