import { createServer } from 'node:http';

const port = Number(process.env.PORT ?? '80');
createServer((request, response) => response.end('open')).listen(port);
