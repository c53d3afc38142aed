docker build -t web . && docker run -d -p 80:80 web
