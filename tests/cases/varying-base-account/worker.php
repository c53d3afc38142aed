<?php echo "work\n";
