import os

os.makedirs(os.environ["SHOP_HOME"], exist_ok=True)
