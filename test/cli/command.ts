/** Runs the command line in a process of its own, and makes small inputs for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomic } from '../../src/files/atomic-file.js';
import { encodeSafetensors } from '../../src/files/safetensors.js';
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

/** The program. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `superpoint` with these arguments in the folder `cwd` until it ends. */
export function superpoint(cwd: string, ...args: string[]): Promise<Ended> {
  return runCommand(cwd, args, () => {});
}

/** As `superpoint`, and sends the process a signal as soon as its stderr matches the pattern. */
export function interrupted(
  cwd: string,
  pattern: RegExp,
  signal: NodeJS.Signals,
  ...args: string[]
): Promise<Ended> {
  let sent = false;
  return runCommand(cwd, args, (child, stderr) => {
    if (!sent && pattern.test(stderr)) sent = child.kill(signal);
  });
}

function runCommand(
  cwd: string,
  args: readonly string[],
  onStderr: (child: ChildProcess, stderr: string) => void,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onStderr(child, stderr);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A recipe for a small network that takes a second. */
export const SMALL_RECIPE = {
  name: 'small',
  seed: 1,
  network: { encoder: [4, 4, 8, 8], head: 8, descriptor: 8 },
  magicpoint: { width: 64, height: 64, batch: 2, steps: 3, learningRate: { peak: 0.002 } },
  adaptation: [{ warps: 2, detectionThreshold: 0.001, maxKeypoints: 50 }],
  superpoint: {
    width: 64,
    height: 64,
    batch: 2,
    steps: 3,
    learningRate: { peak: 0.002 },
    descriptorLoss: { kind: 'dualSoftmax' },
  },
};

/** Random weights of a small SuperPoint, or of a small MagicPoint for a descriptor of length 0. */
export function randomWeights(descriptor: number): Weights {
  const shape: NetworkShape = { encoder: [4, 4, 8, 8], head: 8, descriptor };
  const parameters = initialParameters(shape, new Random(7));
  // Untrained, a network would hold every cell to be empty.
  parameters['convPb.bias'].data.fill(0);
  return foldNormalisation(shape, parameters, initialStatistics(shape));
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
