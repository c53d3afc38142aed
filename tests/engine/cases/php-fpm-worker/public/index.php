<?php
file_put_contents(__DIR__ . '/../storage/logs/app.log', "hit\n", FILE_APPEND);
echo "hit\n";
