export NODE_ENV=production
sysctl -w net.core.somaxconn=1024
