import gradio as gr
from transformers import pipeline

caption = pipeline('image-to-text')
gr.Interface(caption, 'image', 'text').launch(server_name='0.0.0.0')
