/**
 * What `detect` does besides the network's forward pass at 480x640, one size, 1,000 keypoints: heatmap, corners of
 * the picture, suppression, descriptors. Aim: at most .35 of the forward pass of superpoint-small-int8.
 *
 *   node dist/bench/post-processing.js [model] [--json]
 */
import { SuperPoint } from '../src/features/superpoint.js';
import { createSession, tensor } from '../src/graph/session.js';
import { onnxModel } from '../src/network/model.js';
import { readModel } from '../src/network/model-file.js';
import { synthesize } from '../src/synthetic/synthesize.js';

const REPETITIONS = 30;
const WARM_UP = 5;
const [height, width] = [480, 640];
const name = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? 'superpoint-small-int8';
const model = await readModel(name);
const { image } = synthesize('bench', 0, { width, height, kind: 'checkerboard' });
const options = { maxKeypoints: 1000, detectionThreshold: 0.001, scales: [1] };

const session = await createSession(onnxModel(model));
const superpoint = await SuperPoint.load({ model, thread: false });
const look = await superpoint.network.look(image, options);
const points = await look.keypoints(options);
const works: Readonly<Record<string, () => Promise<unknown>>> = {
  forward: () => session.run({ image: tensor(image.data, [1, 1, height, width]) }),
  look: () => superpoint.network.look(image, options),
  keypoints: () => look.keypoints(options),
  describe: () => look.describe(points),
  detect: () => superpoint.detect(image, options),
};

// In turn, so that what else the machine does falls on all alike.
const times: Record<string, number[]> = {};
for (let i = 0; i < REPETITIONS + WARM_UP; i++) {
  for (const [work, run] of Object.entries(works)) {
    const start = performance.now();
    await run();
    times[work] ??= [];
    if (i >= WARM_UP) times[work].push(performance.now() - start);
  }
}
await session.release();
await superpoint.dispose();

const milliseconds = Object.fromEntries(
  Object.entries(times).map(([work, all]) => [work, all.sort((a, b) => a - b)[REPETITIONS >> 1]]),
);
const ratio = (milliseconds.detect - milliseconds.forward) / milliseconds.forward;
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ model: name, keypoints: points.count, milliseconds, ratio }));
} else {
  console.log(`${name}, ${height}x${width}, ${points.count} keypoints, medians of ${REPETITIONS}`);
  for (const [work, median] of Object.entries(milliseconds)) {
    console.log(`${work.padEnd(10)} ${median.toFixed(1)} ms`);
  }
  console.log(`after the forward pass: ${ratio.toFixed(2)} of it`);
}
