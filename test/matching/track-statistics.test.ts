import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Track } from '../../src/matching/point-tracker.js';
import { TrackStatistics } from '../../src/matching/track-statistics.js';

function track(length: number): Track {
  return { id: 0, firstFrame: 0, length, keypoints: new Float32Array(2), meanDistance: 0 };
}

test('tracks that ended and tracks under way count, short ones do not', () => {
  const statistics = new TrackStatistics(2);
  statistics.add({ frame: 0, continued: 0, started: 4, ended: [] });
  statistics.add({ frame: 1, continued: 3, started: 1, ended: [track(1)] });
  statistics.add({ frame: 2, continued: 1, started: 0, ended: [track(2), track(2), track(1)] });
  const summary = statistics.summary([track(3)]);
  assert.deepEqual(summary, {
    frames: 3,
    points: 9,
    tracks: 3,
    meanTrackLength: 7 / 3,
    // 3 of the 4 points of frame 0, 1 of the 4 of frame 1
    trackedShare: 4 / 8,
  });
});

test('nothing tracked gives zeros, not NaN', () => {
  const none = { frames: 0, points: 0, tracks: 0, meanTrackLength: 0, trackedShare: 0 };
  assert.deepEqual(new TrackStatistics().summary([]), none);
  assert.throws(() => new TrackStatistics(0), /minLength to be a whole number >= 1, got 0/);
});
