import os

DATA = os.environ.get("DATA_DIR", "/var/lib/shop")
os.makedirs(DATA, exist_ok=True)
