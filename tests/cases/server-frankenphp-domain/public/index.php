<?php echo "tea";
