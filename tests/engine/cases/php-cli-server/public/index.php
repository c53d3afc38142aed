<?php
file_put_contents(__DIR__ . '/../var/cache/last', $_SERVER['REQUEST_URI']);
echo "cached\n";
