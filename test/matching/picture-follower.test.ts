/** A photograph before a camera whose every pose is known: followed by optical flow between detections. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import {
  type Homography,
  multiplyHomographies,
  outerCorners,
  scaleHomography,
  translationHomography,
  warpPoints,
} from '../../src/geometry/homography.js';
import { readImage } from '../../src/image/codec.js';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { flowPoints, flowPyramid } from '../../src/image/optical-flow.js';
import { warpImage } from '../../src/image/warp-image.js';
import { PictureFollower } from '../../src/matching/picture-follower.js';
import { homographyOfFrame } from '../../web/engine/camera-path.js';

const [WIDTH, HEIGHT] = [320, 240];

suite('a followed picture', () => {
  let picture: GrayImage;
  /** As a detection knows it: points all over, whether or not there is something to hold on to. */
  const points: number[] = [];
  const truth = (n: number): Homography =>
    multiplyHomographies(scaleHomography(0.5, 0.5), homographyOfFrame(n, picture.width, picture.height));
  const frame = (n: number) => warpImage(picture, truth(n), WIDTH, HEIGHT);
  /** Mean distance of the frame's corners, as the estimate and the truth have them on the picture's plane. */
  const errorAt = (n: number, H: Homography | null) => {
    assert.ok(H, `lost in frame ${n}`);
    // The middle of the picture is in sight throughout.
    const inner = outerCorners(picture.width / 2, picture.height / 2).map(
      (value, i) => value + (i % 2 === 0 ? picture.width : picture.height) / 4,
    );
    const [seen, expected] = [warpPoints(H, inner), warpPoints(truth(n), inner)];
    let sum = 0;
    for (let i = 0; i < 8; i += 2)
      sum += Math.hypot(seen[i] - expected[i], seen[i + 1] - expected[i + 1]) / 4;
    return sum;
  };

  before(async () => {
    picture = await readImage('examples/photographs/graf1.png');
    for (let y = 40; y < picture.height; y += 60) {
      for (let x = 40; x < picture.width; x += 60) points.push(x, y);
    }
  });

  test('is where it is, for a second after one detection', (t) => {
    const follower = new PictureFollower();
    follower.follow(frame(100));
    assert.ok(errorAt(100, follower.anchor(follower.mark(), truth(100), points)) < 0.3);
    const errors: number[] = [];
    const start = performance.now();
    for (let n = 101; n <= 130; n++) errors.push(errorAt(n, follower.follow(frame(n))));
    const milliseconds = (performance.now() - start) / errors.length;
    const last = errors[errors.length - 1];
    t.diagnostic(
      `${last.toFixed(2)} pixels off after 30 frames, ${milliseconds.toFixed(1)} ms a frame with its rendering`,
    );
    assert.ok(Math.max(...errors) < 1.5, `${Math.max(...errors)} pixels off`);
  });

  test('catches up with a detection that comes late, and starts from it where it was lost', () => {
    const follower = new PictureFollower();
    follower.follow(frame(40));
    const mark = follower.mark();
    assert.equal(follower.H_pictureToFrame, null);
    for (let n = 41; n <= 46; n++) assert.equal(follower.follow(frame(n)), null);
    assert.ok(errorAt(46, follower.anchor(mark, truth(40), points)) < 1);
    const again = follower.mark();
    for (let n = 47; n <= 52; n++) follower.follow(frame(n));
    assert.ok(errorAt(52, follower.anchor(again, truth(46), points)) < 1);
  });

  test('is lost behind a cover, and after detections that do not see it', () => {
    const follower = new PictureFollower();
    follower.follow(frame(10));
    follower.anchor(follower.mark(), truth(10), points);
    assert.equal(follower.follow(grayImage(WIDTH, HEIGHT)), null);
    follower.follow(frame(12));
    assert.ok(errorAt(12, follower.anchor(follower.mark(), truth(12), points)) < 0.3);
    for (const expected of [true, true, false]) {
      assert.equal(follower.anchor(follower.mark(), null, []) !== null, expected);
    }
  });
});

suite('optical flow', () => {
  test('finds a shift to a tenth of a pixel, in changed light, and says what is lost', async (t) => {
    const picture = await readImage('examples/photographs/graf1.png');
    const [shiftX, shiftY] = [7.3, -4.6];
    const view = (H: Homography) => warpImage(picture, H, WIDTH, HEIGHT);
    const from = view(translationHomography(-200, -150));
    const moved = view(translationHomography(-200 + shiftX, -150 + shiftY));
    const darker = grayImage(
      WIDTH,
      HEIGHT,
      moved.data.map((value) => value - 0.1),
    );
    const points = [3, 3];
    for (let y = 40; y < HEIGHT - 30; y += 20) for (let x = 40; x < WIDTH - 30; x += 20) points.push(x, y);
    const { points: now, found } = flowPoints(flowPyramid(from), flowPyramid(darker), points);
    assert.equal(found[0], 0, 'what lies at the edge is lost');
    const errors: number[] = [];
    for (let n = 1; n < found.length; n++) {
      const [dx, dy] = [now[2 * n] - points[2 * n] - shiftX, now[2 * n + 1] - points[2 * n + 1] - shiftY];
      if (found[n] === 1) errors.push(Math.hypot(dx, dy));
    }
    errors.sort((a, b) => a - b);
    const median = errors[errors.length >> 1];
    const right = errors.filter((error) => error < 0.5).length;
    t.diagnostic(
      `${median.toFixed(3)} pixels off in the median; ${right} of ${errors.length} within half a pixel`,
    );
    assert.ok(errors.length > 50 && median < 0.1 && right > 0.9 * errors.length, `${median}, ${right}`);
    const flat = flowPyramid(grayImage(WIDTH, HEIGHT));
    assert.equal(flowPoints(flat, flat, [100, 100]).found[0], 0);
  });
});
