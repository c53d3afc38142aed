import os

os.makedirs(os.environ.get("DATA_DIR", "."), exist_ok=True)
PORT = int(os.environ.get("PORT", "8000"))
