import nltk

for name in ('punkt_tab', 'stopwords'):
    nltk.download(name)
