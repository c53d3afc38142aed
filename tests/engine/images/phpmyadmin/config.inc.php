<?php
require '/etc/phpmyadmin/config.secret.inc.php';
$cfg['TempDir'] = '/var/www/html/tmp';
$cfg['Servers'][1] = ['auth_type' => 'cookie', 'host' => 'db'];
include '/etc/phpmyadmin/config.user.inc.php';
