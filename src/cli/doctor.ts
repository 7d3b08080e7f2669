/** `superpoint doctor`: what is here, and whether it works. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { describeEnvironment } from '../evaluation/report/environment.js';
import { SuperPoint } from '../features/superpoint.js';
import type { Device } from '../graph/session.js';
import { matchFeatures } from '../matching/match-features.js';
import { renderShape } from '../synthetic/synthesize.js';
import { DEVICES } from './options.js';
import { millisecondsSince, printJson, printLines } from './output.js';
import { isInstalled, PARTS } from './parts.js';

interface DoctorOptions {
  readonly json?: boolean;
}

/** The self-test: a model, and a picture of so many pixels. */
const MODEL = 'superpoint-small-int8';
const [WIDTH, HEIGHT] = [320, 240];
/** Share of the keypoints that must match themselves; a pattern may repeat. */
const LEAST_OWN = 0.9;

/** Adds the command. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('say which versions, devices and optional packages are here, and whether detection works')
    .option('--json', 'print the result as JSON')
    .action(runDoctor);
}

async function runDoctor({ json }: DoctorOptions): Promise<void> {
  const { machine, ...versions } = await describeEnvironment();
  const devices: Record<string, string | null> = {};
  for (const device of DEVICES) devices[device] = whyNot(device);
  const packages = Object.fromEntries(Object.keys(PARTS).map((name) => [name, isInstalled(name)]));
  const ffmpeg = spawnSync('ffmpeg', ['-version']).error === undefined;
  const selfTest = await testDetection();
  const threads = availableParallelism();
  if (json) printJson({ versions, machine, threads, devices, packages, ffmpeg, selfTest });
  else {
    printLines(
      `superpoint ${versions.superpoint}, Node ${versions.node}, ONNX Runtime ${versions.onnxruntime}`,
      `machine ${machine}, ${threads} threads`,
      ...Object.entries(devices).map(([device, why]) => `device ${device}: ${why ?? 'works'}`),
      ...Object.entries(packages).map(([name, is]) => partLine(name, is)),
      `ffmpeg: ${ffmpeg ? 'found' : 'missing, for videos'}`,
      `self-test: ${MODEL}, ${WIDTH}x${HEIGHT}: ${selfTest.keypoints} keypoints, ${selfTest.matches} of them matched ` +
        `with themselves; load ${selfTest.milliseconds.load} ms, detect ${selfTest.milliseconds.detect} ms`,
    );
  }
  if (!selfTest.passed) throw new Error('the self-test failed: a picture does not match itself');
}

/**
 * Why a device cannot be used, or null. Tried in a process of its own: drivers print what they like, and may end it.
 */
function whyNot(device: Device): string | null {
  const program = `
    import { probeDevice } from ${JSON.stringify(new URL('./model.js', import.meta.url).href)};
    const { fallback = null } = await probeDevice(${JSON.stringify(device)});
    process.stdout.write(JSON.stringify(fallback));`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  return status === 0 ? JSON.parse(stdout) : 'the process that tried it died';
}

function partLine(name: string, isThere: boolean): string {
  return `package ${name}: ${isThere ? 'installed' : `missing (npm install ${name})`}, for ${PARTS[name]}`;
}

/** Detects twice in a drawn picture and matches it with itself. */
async function testDetection() {
  const { image } = renderShape('doctor', 0, { width: WIDTH, height: HEIGHT, kind: 'checkerboard' });
  const began = performance.now();
  const superpoint = await SuperPoint.load({ model: MODEL, thread: false });
  const load = millisecondsSince(began);
  try {
    const first = await superpoint.detect(image);
    const again = performance.now();
    const second = await superpoint.detect(image);
    const detect = millisecondsSince(again);
    const { count, indices0, indices1 } = await matchFeatures(first, second, { thread: false });
    const own = indices0.filter((index, n) => index === indices1[n]).length;
    const passed = own > 0 && own === count && own >= LEAST_OWN * first.count;
    return { passed, keypoints: first.count, matches: own, milliseconds: { load, detect } };
  } finally {
    await superpoint.dispose();
  }
}
