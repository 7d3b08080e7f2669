/**
 * A process that takes and leaves locks and writes files and folders as the lines on its standard input say, and answers
 * each with a line: for the tests of locks and of what killed writers leave.
 */
import { createInterface } from 'node:readline';
import { writeFileAtomicFrom } from '../../src/files/atomic-file.js';
import { type Lock, lockFile, lockFolder } from '../../src/files/lock.js';
import { makeTemporaryFolder } from '../../src/files/temporaries.js';

let lock: Lock | undefined;

async function* endless() {
  for (;;) {
    yield 'half of it\n';
    process.stdout.write('writing\n');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

const WORK: Record<string, (path: string) => Promise<string>> = {
  async folder(path) {
    lock = await lockFolder(path);
    return 'held';
  },
  async file(path) {
    lock = await lockFile(path);
    return 'held';
  },
  async leave() {
    lock?.release();
    return 'left';
  },
  async write(path) {
    await writeFileAtomicFrom(path, endless());
    return 'written';
  },
  async temporary(name) {
    return (await makeTemporaryFolder(name)).path;
  },
  async end() {
    process.exit(0);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [word, path = ''] = line.split(' ');
  const answer = await WORK[word](path).catch((error: Error) => `${error.name}: ${error.message}`);
  process.stdout.write(`${answer}\n`);
}
