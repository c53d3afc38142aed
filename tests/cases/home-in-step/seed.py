import pathlib

keep = pathlib.Path.home() / ".shelf"
keep.mkdir()
