import os

from flask import Flask


def create_app():
    app = Flask(__name__, instance_relative_config=True)
    app.config['DATABASE'] = os.path.join(app.instance_path, 'diary.sqlite')
    os.makedirs(app.instance_path, exist_ok=True)
    return app
