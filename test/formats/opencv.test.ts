import assert from 'node:assert/strict';
import { test } from 'node:test';
import cvModule from '@opencvjs/node';
import { openCvKeypoints } from '../../src/formats/opencv.js';
import { matchFeatures } from '../../src/matching/match-features.js';
import { someFeatures } from './fixture.js';

test('OpenCV takes keypoints and descriptors as they are, and matches them as we do', async () => {
  const cv = await cvModule.loadOpenCV();
  const unit = (shift: number) => {
    const features = someFeatures(12, 8);
    const descriptors = features.descriptors.map((_, i) => Math.sin(i * i + shift));
    for (let n = 0; n < 12; n++) {
      const row = descriptors.subarray(8 * n, 8 * n + 8);
      const norm = Math.hypot(...row);
      row.set(row.map((value) => value / norm));
    }
    return { ...features, descriptors };
  };
  const [a, b] = [unit(0), unit(0.2)];
  const vector = new cv.KeyPointVector();
  for (const keypoint of openCvKeypoints(a)) vector.push_back(keypoint);
  assert.equal(vector.size(), 12);
  const { pt, size, angle, response, octave } = vector.get(3);
  assert.deepEqual([pt.x, pt.y], [a.keypoints[6], a.keypoints[7]]);
  assert.deepEqual([size, angle, response, octave], [8, -1, a.scores[3], 0]);

  const mats = [a, b].map(({ count, descriptorDim, descriptors }) =>
    cv.matFromArray(count, descriptorDim, cv.CV_32F, descriptors as unknown as number[]),
  );
  const matcher = new cv.BFMatcher(cv.NORM_L2, true);
  const found = new cv.DMatchVector();
  matcher.match(mats[0], mats[1], found);
  const ours = await matchFeatures(a, b);
  const theirs = Array.from({ length: found.size() }, (_, m) => [
    found.get(m).queryIdx,
    found.get(m).trainIdx,
  ]);
  assert.ok(ours.count > 3);
  assert.deepEqual(
    theirs,
    Array.from(ours.indices0, (index, m) => [index, ours.indices1[m]]),
  );
  for (const each of [vector, ...mats, matcher, found]) each.delete();
});
