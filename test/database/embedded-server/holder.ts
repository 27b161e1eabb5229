import { once } from 'node:events';
import { acquireServer } from '../../../src/database/embedded-server/server.ts';

// A command in small: takes a lease on the server in the given directory until its standard input ends or it is interrupted.
const lease = await acquireServer(process.argv[2] ?? '');
const told = Promise.race([once(process.stdin.resume(), 'end'), once(process, 'SIGINT')]);
console.log(JSON.stringify(lease.connection));
await told;
await lease.release();
process.stdin.destroy();
