/**
 * The process of a contender (separately.ts): called with the address of a module, the name of a function of it and its
 * arguments as JSON; each message asks for a run and is answered with what it cost.
 */
import type { Opener } from './separately.js';

const [module, name, args] = process.argv.slice(2);
const { [name]: open } = (await import(module)) as Record<string, Opener<unknown[]>>;
const run = await open(...(JSON.parse(args) as unknown[]));
process.on('message', async () => process.send!(await run()));
process.on('disconnect', () => process.exit());
process.send!('ready');
