/**
 * How often the verdict on a homography errs, with the settings of `superpoint match`:
 *
 *     node dist/bench/homography-verdict.js photographs/ [sequences/] [--model superpoint-small-int8] [--pairs 200]
 *
 * Photographs are paired at random; what is found then is a false alarm. As files of one collection may be
 * crops of one picture, the names of a pair differ before their first digit. Each first photograph is also
 * paired with a view of its own, strongly turned, scaled and changed in light; so are the pairs of
 * `sequences/` (in the layout of HPatches). Where the best homography, whatever it is worth, maps the corners
 * within 10 pixels of the truth, it is right; what is right and not found is lost.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cornerError } from '../src/evaluation/metrics/homography-metrics.js';
import { readSequenceImage, readSequences } from '../src/evaluation/protocols/sequences.js';
import type { Features } from '../src/features/features.js';
import { SuperPoint } from '../src/features/superpoint.js';
import { estimateHomography, type HomographyEstimate } from '../src/geometry/estimate-homography.js';
import type { Homography } from '../src/geometry/homography.js';
import { sampleHomography } from '../src/geometry/sample-homography.js';
import { readImage } from '../src/image/codec.js';
import { PHOTO_PHOTOMETRY, photometricAugment } from '../src/image/photometric.js';
import { warpImage } from '../src/image/warp-image.js';
import { matchFeatures } from '../src/matching/match-features.js';
import { Random } from '../src/random.js';

const STRONG_VIEWS = {
  patchRatio: 0.9,
  perspective: 0.7,
  scaling: [0.4, 2.5],
  rotation: 1.2,
  translation: 1,
  translationOverflow: 0.3,
  allowArtifacts: true,
} as const;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'superpoint' },
    pairs: { type: 'string', default: '200' },
  },
});
const [photographs, sequences] = positionals;
if (photographs === undefined) throw new Error('expected a folder of photographs');
const superpoint = await SuperPoint.load({ model: values.model });

interface Tally {
  pairs: number;
  found: number;
  right: number;
  lost: number;
  milliseconds: number;
}
const tallies: Record<string, Tally> = {};

async function judge(name: string, features0: Features, features1: Features, truth?: Homography) {
  const matches = await matchFeatures(features0, features1);
  const start = performance.now();
  const estimate = estimateHomography(features0, features1, matches);
  const milliseconds = performance.now() - start;
  tallies[name] ??= { pairs: 0, found: 0, right: 0, lost: 0, milliseconds: 0 };
  const tally = tallies[name];
  tally.pairs++;
  tally.milliseconds += milliseconds;
  if (estimate.H_0to1) tally.found++;
  if (!truth) return;
  const anyway = { maxFalseAlarms: Number.POSITIVE_INFINITY };
  const best: HomographyEstimate = estimateHomography(features0, features1, matches, anyway);
  if (cornerError(best.H_0to1, truth, features0) > 10) return;
  tally.right++;
  if (!estimate.H_0to1) tally.lost++;
}

const collection = (name: string) => /^\D*/.exec(name)?.[0];
const random = new Random('homography-verdict');
const files = (await readdir(photographs)).filter((name) => /\.(jpe?g|png)$/i.test(name)).sort();
for (let n = 0; n < Number(values.pairs); n++) {
  const first = random.pick(files);
  const others = files.filter((name) => collection(name) !== collection(first));
  const second = random.pick(others.length > 0 ? others : files.filter((name) => name !== first));
  const [image0, image1] = await Promise.all(
    [first, second].map((name) => readImage(join(photographs, name))),
  );
  const H_0toView = sampleHomography(random, image0.width, image0.height, STRONG_VIEWS);
  const warped = warpImage(image0, H_0toView, image0.width, image0.height);
  const view = photometricAugment(warped, random, PHOTO_PHOTOMETRY);
  const features0 = await superpoint.detect(image0);
  await judge('unrelated photographs', features0, await superpoint.detect(image1));
  await judge('strong views of one', features0, await superpoint.detect(view), H_0toView);
}
if (sequences !== undefined) {
  for (const { images } of (await readSequences(sequences)).sequences) {
    const features0 = await superpoint.detect(await readSequenceImage(sequences, images[0]));
    for (const image of images.slice(1)) {
      const features1 = await superpoint.detect(await readSequenceImage(sequences, image));
      await judge('sequences', features0, features1, image.H_1toThis);
    }
  }
}
await superpoint.dispose();
for (const [name, { pairs, found, right, lost, milliseconds }] of Object.entries(tallies)) {
  const time = (milliseconds / pairs).toFixed(1);
  console.log(`${name}: ${pairs} pairs, ${found} found; ${right} right, ${lost} lost; ${time} ms each`);
}
