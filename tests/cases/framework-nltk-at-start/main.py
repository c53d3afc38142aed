import nltk

nltk.download('punkt_tab')
from fastapi import FastAPI
from nltk.tokenize import word_tokenize

app = FastAPI()


@app.get('/words')
def words(text: str):
    return word_tokenize(text)
