require('fs').mkdirSync('node_modules/.cache/shop', { recursive: true });
