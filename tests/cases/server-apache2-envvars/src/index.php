<?php echo "guest book";
