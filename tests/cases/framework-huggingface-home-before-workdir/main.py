from fastapi import FastAPI
from transformers import pipeline

app = FastAPI()
classify = pipeline('sentiment-analysis', model='distilbert-base-uncased-finetuned-sst-2-english')
