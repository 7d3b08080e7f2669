import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Features } from '../../src/features/features.js';
import { PointTracker } from '../../src/matching/point-tracker.js';

/** Keypoints [x, y, angle]: the descriptor is the unit vector of that angle in degrees. */
function frameOf(...points: [number, number, number][]): Features {
  const radians = points.map(([, , angle]) => (angle * Math.PI) / 180);
  return {
    width: 100,
    height: 100,
    count: points.length,
    keypoints: Float32Array.from(points.flatMap((point) => point.slice(0, 2))),
    scores: new Float32Array(points.length).fill(0.5),
    descriptors: Float32Array.from(radians.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])),
    descriptorDim: 2,
  };
}

test('a point that moves is one track, with its positions and its mean descriptor distance', async () => {
  const tracker = new PointTracker();
  assert.deepEqual(await tracker.update(frameOf([10, 20, 0], [50, 60, 180])), {
    frame: 0,
    continued: 0,
    started: 2,
    ended: [],
  });
  const update = await tracker.update(frameOf([52, 61, 180], [11, 22, 10]));
  assert.deepEqual([update.frame, update.continued, update.started], [1, 2, 0]);
  await tracker.update(frameOf([12, 24, 30], [54, 62, 180]));
  const [first, second] = tracker.tracks();
  assert.deepEqual([first.id, first.firstFrame, first.length], [0, 0, 3]);
  assert.deepEqual([...first.keypoints], [10, 20, 11, 22, 12, 24]);
  assert.deepEqual([...second.keypoints], [50, 60, 52, 61, 54, 62]);
  // The chord of an angle is 2 sin(angle / 2): 10 and then 20 degrees.
  const expected = Math.sin((5 * Math.PI) / 180) + Math.sin((10 * Math.PI) / 180);
  assert.ok(Math.abs(first.meanDistance - expected) < 1e-3);
  assert.ok(second.meanDistance < 1e-3);
});

test('beyond the threshold a track ends and another begins', async () => {
  const tracker = new PointTracker({ matchThreshold: 0.7 });
  await tracker.update(frameOf([10, 10, 0], [20, 20, 90]));
  // 0.7 is the chord of 41 degrees
  const update = await tracker.update(frameOf([10, 10, -42], [20, 20, 130]));
  assert.equal(update.continued, 1);
  assert.deepEqual(
    update.ended.map(({ id, length, keypoints }) => [id, length, ...keypoints]),
    [[0, 1, 10, 10]],
  );
  assert.deepEqual(
    tracker.tracks(1).map(({ id, firstFrame, length }) => [id, firstFrame, length]),
    [
      [1, 0, 2],
      [2, 1, 1],
    ],
  );
  assert.deepEqual(
    tracker.tracks().map(({ id }) => id),
    [1],
  );
});

test('only the last positions are remembered, the length goes on', async () => {
  const tracker = new PointTracker({ maxLength: 3 });
  for (let n = 0; n < 10; n++) await tracker.update(frameOf([n, 2 * n, 45]));
  const [track] = tracker.tracks(10);
  assert.equal(track.length, 10);
  assert.deepEqual([...track.keypoints], [7, 14, 8, 16, 9, 18]);
});

test('frames without points end all tracks, and it goes on after them', async () => {
  const tracker = new PointTracker();
  await tracker.update(frameOf());
  await tracker.update(frameOf([1, 1, 0]));
  const empty = await tracker.update(frameOf());
  assert.equal(empty.ended.length, 1);
  assert.deepEqual(tracker.tracks(1), []);
  await tracker.update(frameOf([1, 1, 0]));
  assert.deepEqual(
    tracker.tracks(1).map(({ id, firstFrame }) => [id, firstFrame]),
    [[1, 3]],
  );
});

test('updates that are not awaited are served in order', async () => {
  const tracker = new PointTracker();
  const frames = [0, 1, 2, 3].map((n) => tracker.update(frameOf([n, n, 10 * n], [9 - n, n, 180 + 10 * n])));
  assert.deepEqual(
    (await Promise.all(frames)).map(({ frame }) => frame),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    tracker.tracks(4).map(({ keypoints }) => keypoints[0]),
    [0, 9],
  );
});

test('features that do not fit leave the tracks as they were', async () => {
  const tracker = new PointTracker();
  await tracker.update(frameOf([1, 1, 0]));
  await assert.rejects(tracker.update({ ...frameOf([2, 2, 0]), descriptorDim: 0 }), /with descriptors/);
  const update = await tracker.update(frameOf([3, 3, 0]));
  assert.deepEqual([update.frame, update.continued], [1, 1]);
});

test('options out of range are refused', () => {
  assert.throws(() => new PointTracker({ matchThreshold: 0 }), /matchThreshold in \(0, 2\], got 0/);
  assert.throws(() => new PointTracker({ matchThreshold: Number.NaN }), /matchThreshold/);
  assert.throws(() => new PointTracker({ maxLength: 1 }), /maxLength/);
  assert.throws(() => new PointTracker().tracks(0), /minLength/);
});
