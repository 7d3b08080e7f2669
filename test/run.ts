/** Runs all tests (`npm test`), or those whose path contains a word given: `node dist/test/run.js graph`. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../src/files/temporaries.js';

const words = process.argv.slice(2);
const folder = import.meta.dirname;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js') && words.every((word) => file.includes(word)))
  .map((file) => join(folder, file));
// Those of the page take the longest: they begin, so that the last ones are short and no core waits for them.
files.sort().reverse();
const site = await makeTemporaryFolder('superpoint-site');
// Node 20 does not expand patterns of files itself. Two at a time: most tests keep a core busy.
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...files], {
  stdio: 'inherit',
  env: { ...process.env, SUPERPOINT_SITE: site.path },
});
site.remove();
process.exitCode = status ?? 1;
