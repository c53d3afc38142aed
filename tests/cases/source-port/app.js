const express = require('express');
const app = express();
app.get('/', (req, res) => res.send('open'));
app.listen(80, () => console.log('ready'));
