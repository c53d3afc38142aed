<?php echo "guest book ", $_SERVER["SERVER_PORT"] ? "" : "?";
