from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
INSTALLED_APPS = ['django.contrib.staticfiles']
STATIC_URL = 'static/'
MEDIA_ROOT = '/srv/media'
MEDIA_URL = 'media/'
