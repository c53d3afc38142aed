#!/bin/sh
set -e

chown -R www-data:www-data storage bootstrap/cache
php artisan migrate --force
php artisan config:cache

exec php artisan serve --host=0.0.0.0 --port=8000
