/**
 * Time and memory of `superpoint evaluate homographies` with all rivals, on made-up sequences of 800x640:
 *
 *     npx tsc && node dist/bench/evaluate.js
 *
 * Four sequences of five pairs each, then eight: the time doubles, the memory stays. Each count runs in a
 * process of its own; its seconds and peak memory are what the command reports.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PAIR_HOMOGRAPHIES, sampleHomography } from '../src/geometry/sample-homography.js';
import { encodePng } from '../src/image/codec.js';
import { warpImage } from '../src/image/warp-image.js';
import { Random } from '../src/random.js';
import { synthesize } from '../src/synthetic/synthesize.js';

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const WIDTH = 800;
const HEIGHT = 640;

async function writeSequences(folder: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const sequence = join(folder, `s${n}`);
    await mkdir(sequence, { recursive: true });
    const { image } = synthesize('bench', n, { width: WIDTH, height: HEIGHT, kind: 'multiplePolygons' });
    await writeFile(join(sequence, '1.png'), await encodePng(image));
    for (let k = 2; k <= 6; k++) {
      const random = new Random('bench').fork(n, k);
      const H_1toK = sampleHomography(random, WIDTH, HEIGHT, PAIR_HOMOGRAPHIES);
      const view = warpImage(image, H_1toK, WIDTH, HEIGHT, { border: 'replicate' });
      await writeFile(join(sequence, `${k}.png`), await encodePng(view));
      await writeFile(join(sequence, `H_1_${k}`), Array.from(H_1toK).join(' '));
    }
  }
}

const folder = await mkdtemp(join(tmpdir(), 'superpoint-bench-'));
try {
  for (const count of [4, 8]) {
    const data = join(folder, String(count));
    await writeSequences(data, count);
    const options = ['evaluate', 'homographies', data, '--no-model', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...options], {
      maxBuffer: 2 ** 28,
    });
    const { took } = JSON.parse(stdout) as { took: { seconds: number; peakMemory: number } };
    console.log(`${5 * count} pairs, all rivals: ${took.seconds} s, ${took.peakMemory} MiB at most`);
  }
} finally {
  await rm(folder, { recursive: true });
}
