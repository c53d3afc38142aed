const store = require('./lib/store');
store.open();
