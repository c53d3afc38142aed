#!/bin/sh
perl -pi -e 's/a/b/' /srv/shelf.conf
python make.py /srv/made
exec python app.py
