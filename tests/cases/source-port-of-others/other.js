app.listen(80);
