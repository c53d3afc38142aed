import os

os.makedirs(os.environ["SPOOL"], exist_ok=True)
