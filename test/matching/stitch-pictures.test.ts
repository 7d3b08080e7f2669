/** Views of a photograph from a camera that turns, whose homographies are known, become the photograph again. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { Features } from '../../src/features/features.js';
import { SuperPoint } from '../../src/features/superpoint.js';
import {
  type Homography,
  invertHomography,
  multiplyHomographies,
  outerCorners,
  warpPoints,
} from '../../src/geometry/homography.js';
import { readColorImage } from '../../src/image/codec.js';
import { grayFromRgba } from '../../src/image/convert.js';
import { grayImage, type RgbaImage } from '../../src/image/image.js';
import { warpImage } from '../../src/image/warp-image.js';
import { stitchPictures } from '../../src/matching/stitch-pictures.js';
import { renderShape } from '../../src/synthetic/synthesize.js';

const [WIDTH, HEIGHT] = [320, 256];
/** From the photograph to each view: three overlapping ones, turned and seen at an angle. */
const TRUTH: Homography[] = [
  Float64Array.of(1, 0.03, -20, -0.03, 1, -60, 0.0001, 0, 1),
  Float64Array.of(1, -0.05, -200, 0.05, 1, -120, 0, 0.0001, 1),
  Float64Array.of(1, 0.02, -390, 0, 1, -110, -0.0001, 0, 1),
];

function viewOf({ width, height, data }: RgbaImage, H: Homography): RgbaImage {
  const view = new Uint8ClampedArray(4 * WIDTH * HEIGHT).fill(255);
  for (let channel = 0; channel < 3; channel++) {
    const plane = Float32Array.from({ length: width * height }, (_, i) => data[4 * i + channel] / 255);
    const warped = warpImage(grayImage(width, height, plane), H, WIDTH, HEIGHT);
    for (let i = 0; i < warped.data.length; i++) view[4 * i + channel] = 255 * warped.data[i];
  }
  return { width: WIDTH, height: HEIGHT, data: view };
}

suite('stitched pictures', () => {
  let photograph: RgbaImage;
  let pictures: RgbaImage[];
  let features: Features[];

  before(async () => {
    photograph = await readColorImage('examples/photographs/graf1.png');
    const stranger = renderShape(1, 0, { kind: 'checkerboard', width: WIDTH, height: HEIGHT }).image;
    const data = new Uint8ClampedArray(4 * WIDTH * HEIGHT).fill(255);
    for (let i = 0; i < stranger.data.length; i++) data.fill(255 * stranger.data[i], 4 * i, 4 * i + 3);
    pictures = [...TRUTH.map((H) => viewOf(photograph, H)), { width: WIDTH, height: HEIGHT, data }];
    const superpoint = await SuperPoint.load({ model: 'superpoint-small-int8', thread: false });
    features = [];
    for (const picture of pictures) {
      features.push(await superpoint.detect(grayFromRgba(picture), { maxKeypoints: 600 }));
    }
    await superpoint.dispose();
  });

  test('lie where they were taken, and the panorama is the photograph', async () => {
    const done: number[] = [];
    const panorama = await stitchPictures(pictures, features, { onProgress: (one) => done.push(one.done) });
    assert.ok(panorama);
    const { picture, places, reference } = panorama;
    assert.equal(places[3], 'apart');
    assert.deepEqual(done, [1, 2, 3, 4, 5, 6]);
    const H_photoToPanorama = multiplyHomographies(places[reference] as Homography, TRUTH[reference]);
    const corners = outerCorners(WIDTH, HEIGHT);
    for (const n of [0, 1, 2]) {
      const seen = warpPoints(places[n] as Homography, corners);
      const H_true = multiplyHomographies(H_photoToPanorama, invertHomography(TRUTH[n]));
      const errors = warpPoints(H_true, corners).map((value, i) => Math.abs(value - seen[i]));
      assert.ok(Math.max(...errors) < 2.5, `corners of picture ${n} are ${Math.max(...errors)} pixels off`);
    }
    // Cropped to what is covered, and as the photograph looks from there.
    const expected = warpImage(grayFromRgba(photograph), H_photoToPanorama, picture.width, picture.height);
    const got = grayFromRgba(picture).data;
    assert.ok(picture.data.every((value, i) => i % 4 !== 3 || value === 255));
    assert.ok(
      picture.width > 2 * WIDTH && picture.height > 0.7 * HEIGHT,
      `${picture.width}x${picture.height}`,
    );
    const square = got.reduce((sum, value, i) => sum + (value - expected.data[i]) ** 2, 0) / got.length;
    const psnr = -10 * Math.log10(square);
    assert.ok(psnr > 27, `${psnr} dB`);
  });

  test('of nothing in common give null', async () => {
    assert.equal(await stitchPictures([pictures[0], pictures[3]], [features[0], features[3]]), null);
  });

  test('are refused in one line', async () => {
    await assert.rejects(stitchPictures([pictures[0]], [features[0]]), /two pictures or more/);
    const wrong = { ...features[0], width: 10 };
    await assert.rejects(stitchPictures([pictures[0], pictures[1]], [wrong, features[1]]), /at its 320x256/);
  });
});
