import os
from pathlib import Path

DATA = "/var/lib/shop"
SPOOL = Path(os.environ.get("SPOOL", "/var/spool/shop"))
os.makedirs(DATA, exist_ok=True)
SPOOL.mkdir(parents=True, exist_ok=True)
print("DATA")
