"""Counts votes; app.run(port=81) is what it says in the tests."""
from flask import Flask

app = Flask(__name__)

if __name__ == '__main__':
    app.run(host='0.0.0.0', port=80, threaded=True)
