/** Runs the command line in a process of its own, and makes small inputs for it. */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomic } from '../../src/formats/atomic-file.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { encodePng } from '../../src/image/codec.js';
import type { GrayImage } from '../../src/image/image.js';
import type { NetworkShape } from '../../src/network/architecture.js';
import {
  foldNormalisation,
  initialParameters,
  initialStatistics,
  type Weights,
} from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { renderShape } from '../../src/synthetic/synthesize.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `superpoint` with these arguments in the folder `cwd` until it ends. */
export function superpoint(cwd: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Random weights of a small SuperPoint, or of a small MagicPoint for a descriptor of length 0. */
export function randomWeights(descriptor: number): Weights {
  const shape: NetworkShape = { encoder: [4, 4, 8, 8], head: 8, descriptor };
  return foldNormalisation(shape, initialParameters(shape, new Random(7)), initialStatistics(shape));
}

/** Writes small random weights as a safetensors file. */
export async function writeModel(path: string, descriptor = 16): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(randomWeights(descriptor), { made: 'by a test' }));
}

/** A picture with corners, another one for each index. */
export function testImage(index: number, width = 96, height = 72): GrayImage {
  return renderShape('cli', index, { width, height, kind: 'checkerboard' }).image;
}

/** Writes a picture as PNG, its folders too. */
export async function writeImage(path: string, image: GrayImage): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await encodePng(image));
}
