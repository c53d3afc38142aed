<?php echo "plums";
