import argparse

words = argparse.ArgumentParser()
words.add_argument("--port", type=int, default=80)
serve(words.parse_args().port)
