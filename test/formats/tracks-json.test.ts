import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeTracksJson, type TrackedFrame } from '../../src/formats/tracks-json.js';

/** Track `id` at x = 10 id + frame in each of the frames from `first` to `last`. */
type Span = readonly [id: number, first: number, last: number];

function* framesOf(count: number, spans: readonly Span[]): Generator<TrackedFrame> {
  for (let frame = 0; frame < count; frame++) {
    const tracks = spans
      .filter(([, first, last]) => first <= frame && frame <= last)
      .map(([id, first]) => ({
        id,
        length: frame - first + 1,
        keypoints: Float32Array.of(-1, -1, 10 * id + frame, 0.12345),
      }));
    const ended = spans
      .filter(([, , last]) => last === frame - 1)
      .map(([id, first, last]) => ({ id, length: last - first + 1 }));
    yield { frame, width: 64, height: 48, tracks, ended };
  }
}

async function* slowly<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}

async function encoded(frames: Iterable<TrackedFrame>, minLength: number) {
  let text = '';
  for await (const piece of encodeTracksJson(slowly(frames), minLength)) text += piece;
  return JSON.parse(text);
}

const SPANS: readonly Span[] = [
  [0, 0, 5],
  [1, 0, 0],
  [2, 1, 2],
  [3, 2, 4],
  [4, 4, 5],
  [5, 5, 5],
];

for (const minLength of [1, 2, 3, 4, 6, 7]) {
  test(`the points of tracks of at least ${minLength} frames are kept, from their first frame on`, async () => {
    const frames = await encoded(framesOf(6, SPANS), minLength);
    assert.equal(frames.length, 6);
    for (const [number, { frame, width, height, points }] of frames.entries()) {
      assert.deepEqual([frame, width, height], [number, 64, 48]);
      const expected = SPANS.filter(
        ([, first, last]) => first <= number && number <= last && last - first + 1 >= minLength,
      ).map(([id]) => [id, 10 * id + number, 0.123]);
      assert.deepEqual(points, expected, `frame ${number}`);
    }
  });
}

test('frames are handed on while more come, so that few are in memory', async () => {
  let fetched = 0;
  async function* counted(): AsyncGenerator<TrackedFrame> {
    for (const frame of framesOf(100, SPANS)) {
      fetched++;
      yield frame;
    }
  }
  let written = 0;
  for await (const _ of encodeTracksJson(counted(), 3)) {
    written++;
    if (fetched < 100) assert.equal(fetched, written + 2);
  }
  assert.equal(written, 101);
});

test('the reference is written where one is followed, its outline as four corners or null', async () => {
  const [frame] = framesOf(1, []);
  const outline = Float64Array.of(0, 0, 9.00049, 0, 9, 9, 0, 9);
  const H_pictureToFrame = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  const [found, lost] = await encoded(
    [
      { ...frame, reference: { H_pictureToFrame, outline, inlierCount: 40 } },
      { ...frame, reference: { H_pictureToFrame: null, outline: null, inlierCount: 3 } },
    ],
    2,
  );
  const corners = [
    [0, 0],
    [9, 0],
    [9, 9],
    [0, 9],
  ];
  assert.deepEqual(found.reference, {
    inliers: 40,
    homography: Array.from(H_pictureToFrame),
    outline: corners,
  });
  assert.deepEqual(lost.reference, { inliers: 3, homography: null, outline: null });
});

test('no frames are an empty array', async () => {
  assert.deepEqual(await encoded([], 2), []);
});
