#!/bin/bash
# The first start writes a secret beside the configuration, and an empty file for people's own.
if [[ $1 == apache2* ]]; then
  secret=/etc/phpmyadmin/config.secret.inc.php
  [ -f $secret ] || echo "<?php \$cfg['blowfish_secret'] = '$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')';" >$secret
  [ -f /etc/phpmyadmin/config.user.inc.php ] || touch /etc/phpmyadmin/config.user.inc.php
fi
exec "$@"
