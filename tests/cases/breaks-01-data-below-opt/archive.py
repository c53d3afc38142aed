import os
from pathlib import Path

from fastapi import FastAPI, Request

app = FastAPI()
folder = Path(os.environ['DATA_DIR'])


@app.post('/{name}')
async def keep(name: str, request: Request):
    (folder / name).write_bytes(await request.body())
