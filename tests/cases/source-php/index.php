<?php
require '../vendor/autoload.php';
$state = dirname(__DIR__) . '/state';
@mkdir($state);
mkdir('/var/cache/shelf');
echo 'up';
