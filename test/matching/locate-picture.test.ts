import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Features } from '../../src/features/features.js';
import { type Homography, warpPoints } from '../../src/geometry/homography.js';
import { locatePicture } from '../../src/matching/locate-picture.js';
import { Random } from '../../src/random.js';

const DIM = 16;

/** Points all over a picture, each with a descriptor of its own. */
function picture(count: number, width = 200, height = 100): Features {
  const random = new Random('picture');
  const keypoints = Float32Array.from(
    { length: 2 * count },
    (_, i) => random.uniform() * (i % 2 === 0 ? width : height),
  );
  const descriptors = new Float32Array(DIM * count);
  for (let n = 0; n < count; n++) {
    const row = Float32Array.from({ length: DIM }, () => random.normal());
    const norm = Math.hypot(...row);
    descriptors.set(
      row.map((value) => value / norm),
      DIM * n,
    );
  }
  const scores = new Float32Array(count).fill(0.5);
  return { width, height, count, keypoints, scores, descriptors, descriptorDim: DIM };
}

function seenBy(H_pictureToFrame: Homography, features: Features): Features {
  const keypoints = Float32Array.from(warpPoints(H_pictureToFrame, features.keypoints));
  return { ...features, width: 640, height: 480, keypoints };
}

suite('locatePicture', () => {
  const H = Float64Array.of(1.2, 0.1, 40, -0.05, 1.3, 60, 2e-4, 1e-4, 1);

  test('finds the picture and its outline, clockwise from its top left', async () => {
    const features = picture(40);
    const { outline, H_pictureToFrame, inlierCount } = await locatePicture(features, seenBy(H, features));
    assert.equal(inlierCount, 40);
    assert.ok(outline && H_pictureToFrame);
    const expected = warpPoints(H, [-0.5, -0.5, 199.5, -0.5, 199.5, 99.5, -0.5, 99.5]);
    for (let i = 0; i < 8; i++) assert.ok(Math.abs(outline[i] - expected[i]) < 0.01, `${outline}`);
  });

  test('a few points that agree are enough among themselves, and four never', async () => {
    const few = picture(8);
    assert.ok((await locatePicture(few, seenBy(H, few))).outline);
    const four = await locatePicture(picture(4), seenBy(H, picture(4)));
    assert.equal(four.inlierCount, 4);
    assert.deepEqual([four.outline, four.H_pictureToFrame], [null, null]);
  });

  test('a mirrored picture, or one that reaches behind the camera, is not seen', async () => {
    const features = picture(40);
    const mirrored = Float64Array.of(-1, 0, 300, 0, 1, 0, 0, 0, 1);
    assert.equal((await locatePicture(features, seenBy(mirrored, features))).outline, null);
    // The horizon crosses the picture at x = 190; the points left of it agree all the same.
    const horizon = Float64Array.of(1, 0, 0, 0, 1, 0, -1 / 190, 0, 1);
    const left = Float32Array.from(features.keypoints, (x, i) => (i % 2 === 0 ? 0.7 * x : x));
    const near = { ...features, keypoints: left };
    const seen = await locatePicture(near, seenBy(horizon, near), { threshold: 30 });
    assert.ok(seen.inlierCount >= 15);
    assert.equal(seen.outline, null);
  });

  test('a frame without points, and one of something else', async () => {
    const features = picture(40);
    const empty = { ...features, count: 0, keypoints: new Float32Array(), descriptors: new Float32Array() };
    assert.equal((await locatePicture(features, empty)).outline, null);
    const random = new Random('elsewhere');
    const elsewhere = features.keypoints.map(() => 480 * random.uniform());
    const other = await locatePicture(features, { ...features, keypoints: elsewhere });
    assert.equal(other.outline, null);
    assert.equal(other.matches.count, 40);
  });

  test('refuses what is out of range', async () => {
    const features = picture(5);
    await assert.rejects(locatePicture(features, features, { threshold: 0 }), /threshold .* > 0, got 0/);
  });
});
