<?php file_put_contents("/var/www/html/last.txt", date("c"));
