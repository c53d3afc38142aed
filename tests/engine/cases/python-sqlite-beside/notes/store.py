import os
import sqlite3

PATH = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "db.sqlite3")


def connect():
    return sqlite3.connect(PATH)


def migrate():
    with connect() as db:
        db.execute("pragma journal_mode = wal")
        db.execute("create table if not exists note (text text)")


def add(text):
    with connect() as db:
        db.execute("insert into note values (?)", (text,))


def all():
    with connect() as db:
        return [row[0] for row in db.execute("select text from note")]
