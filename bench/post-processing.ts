/**
 * Everything after the forward pass at 480x640 with 1000 keypoints, on one thread: logits to heatmap,
 * suppression, corners of the picture, descriptors. Aim: at most 25 ms.
 *
 *   node dist/bench/post-processing.js [--json]
 */
import { extractKeypoints } from '../src/features/extract-keypoints.js';
import { heatmapFromLogits } from '../src/features/heatmap.js';
import { maxPoolNms } from '../src/features/nms.js';
import { sampleDescriptors } from '../src/features/sample-descriptors.js';
import { grayImage } from '../src/image/image.js';
import { Random } from '../src/random.js';

const REPETITIONS = 30;
const [height, width, dim] = [480, 640, 256];
const [cellsHigh, cellsWide] = [height / 8, width / 8];
const random = new Random('post-processing');

// Logits like the network's: the dustbin wins in most cells, a peaked pixel in about a third.
const logits = new Float32Array(65 * cellsHigh * cellsWide).map(() => random.normal());
const cells = cellsHigh * cellsWide;
for (let cell = 0; cell < cells; cell++) {
  logits[64 * cells + cell] += 7;
  if (random.uniform() < 0.35) logits[random.integer(0, 63) * cells + cell] += random.between(4, 9);
}
const image = grayImage(width, height);
for (let i = 0; i < image.data.length; i++) {
  const [x, y] = [i % width, Math.floor(i / width)];
  image.data[i] = 0.5 + 0.3 * Math.sin(x / 7) * Math.cos(y / 5) + 0.1 * random.uniform();
}
const coarse = new Float32Array(dim * cells).map(() => random.normal());

function measure<T>(name: string, work: () => T): { name: string; median: number; result: T } {
  const times: number[] = [];
  let result = work();
  for (let i = 0; i < REPETITIONS + 5; i++) {
    const start = performance.now();
    result = work();
    if (i >= 5) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return { name, median: times[REPETITIONS >> 1], result };
}

const heatmap = measure('heatmapFromLogits', () => heatmapFromLogits(logits, cellsHigh, cellsWide));
const plain = measure('extractKeypoints, heatmap alone', () =>
  extractKeypoints(heatmap.result, width, height, { maxKeypoints: 1000 }),
);
const points = measure('extractKeypoints', () =>
  extractKeypoints(heatmap.result, width, height, { maxKeypoints: 1000 }, image),
);
const pooled = measure('maxPoolNms (not used)', () => maxPoolNms(heatmap.result, width, height, 4, 0.005));
const keypoints = points.result.keypoints;
const bicubic = measure('sampleDescriptors, bicubic', () =>
  sampleDescriptors(coarse, dim, cellsHigh, cellsWide, keypoints),
);
const bilinear = measure('sampleDescriptors, bilinear', () =>
  sampleDescriptors(coarse, dim, cellsHigh, cellsWide, keypoints, { interpolation: 'bilinear' }),
);
const all = measure('all, bicubic', () => {
  const map = heatmapFromLogits(logits, cellsHigh, cellsWide);
  const found = extractKeypoints(map, width, height, { maxKeypoints: 1000 }, image);
  return sampleDescriptors(coarse, dim, cellsHigh, cellsWide, found.keypoints);
});

const rows = [heatmap, plain, points, pooled, bicubic, bilinear, all].map(({ name, median }) => ({
  name,
  milliseconds: Number(median.toFixed(2)),
}));
if (process.argv.includes('--json')) console.log(JSON.stringify({ keypoints: points.result.count, rows }));
else {
  console.log(`480x640, ${points.result.count} keypoints, median of ${REPETITIONS}`);
  for (const { name, milliseconds } of rows) console.log(`${name.padEnd(32)} ${milliseconds} ms`);
}
