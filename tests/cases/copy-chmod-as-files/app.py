from lib import shop
