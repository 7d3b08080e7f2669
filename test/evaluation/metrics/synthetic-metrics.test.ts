import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  detectionError,
  judgeDetections,
  rankDetections,
  rankingCurve,
  rankingPrecision,
} from '../../../src/evaluation/metrics/synthetic-metrics.js';
import {
  noiseLevel,
  protocolSample,
  SYNTHETIC_PROTOCOL,
} from '../../../src/evaluation/protocols/evaluate-synthetic.js';
import { grayImage } from '../../../src/image/image.js';
import { Random } from '../../../src/random.js';
import { SHAPE_KINDS } from '../../../src/synthetic/sample.js';
import { assertClose } from '../../assert-close.js';

const scores = (...values: number[]) => Float32Array.from(values);

suite('detections against known corners', () => {
  test('a corner is claimed once, by the best detection', () => {
    const { distances } = judgeDetections([10, 10, 11, 10], scores(0.9, 0.8), [10, 12], 4);
    assertClose([distances[0]], [2], 1e-6);
    assert.ok(Number.isNaN(distances[1]));
  });

  test('the nearest free corner is taken, exactly ε still counts', () => {
    const corners = [10, 10, 14, 10];
    const { distances } = judgeDetections([11, 10, 10, 10], scores(0.9, 0.8), corners, 4);
    // The first takes (10, 10); for the second (14, 10) is left, 4 px away.
    assertClose(distances, [1, 4], 1e-6);
    assert.ok(Number.isNaN(judgeDetections([9.9, 10], scores(0.9), [14, 10], 4).distances[0]));
  });

  test('detections of all pictures are ranked together', () => {
    const first = judgeDetections([0, 0, 50, 50], scores(0.9, 0.4), [0, 0], 4);
    const second = judgeDetections([50, 50, 20, 20], scores(0.8, 0.7), [20, 20], 4);
    const ranking = rankDetections([first, second]);
    assert.deepEqual([...ranking.correct], [1, 0, 1, 0]);
    assert.deepEqual([...ranking.pictures], [0, 1, 1, 0]);
    // Precision 1 up to recall 1/2, then 2/3 up to 1.
    assertClose([rankingPrecision(ranking, [1, 1])], [(1 + 2 / 3) / 2]);
    assertClose(
      rankingCurve(ranking).map(({ precision }) => precision),
      [1, 1 / 2, 2 / 3, 1 / 2],
    );
    assertClose(
      rankingCurve(ranking).map(({ recall }) => recall),
      [1 / 2, 1 / 2, 1, 1],
    );
  });

  test('the envelope lifts a dip before a better precision', () => {
    // Wrong, right, right: precision 0, 1/2, 2/3; the envelope is 2/3 everywhere.
    const picture = judgeDetections([90, 90, 0, 0, 20, 20], scores(0.9, 0.8, 0.7), [0, 0, 20, 20], 4);
    assertClose([rankingPrecision(rankDetections([picture]), [1])], [2 / 3]);
  });

  test('counting a picture twice is the same as having it twice', () => {
    const first = judgeDetections([0, 0, 50, 50], scores(0.9, 0.4), [0, 0], 4);
    const second = judgeDetections([50, 50, 20, 20], scores(0.8, 0.7), [20, 20, 70, 70], 4);
    const doubled = rankingPrecision(rankDetections([second, first, second]), [1, 1, 1]);
    assertClose([rankingPrecision(rankDetections([first, second]), [1, 2])], [doubled]);
  });

  test('missed corners cost recall, pictures without corners only precision', () => {
    const missed = judgeDetections([0, 0], scores(0.9), [0, 0, 50, 50], 4);
    assertClose([rankingPrecision(rankDetections([missed]), [1])], [1 / 2]);
    const empty = judgeDetections([0, 0], scores(0.95), [], 4);
    assertClose([rankingPrecision(rankDetections([missed, empty]), [1, 1])], [1 / 4]);
    assert.ok(Number.isNaN(rankingPrecision(rankDetections([empty]), [1])));
  });

  test('the error is the mean over pictures of their right detections', () => {
    const one = judgeDetections([0, 1, 50, 52], scores(0.9, 0.8), [0, 0, 50, 50], 4);
    const other = judgeDetections([0, 3], scores(0.9), [0, 0], 4);
    const none = judgeDetections([90, 90], scores(0.9), [0, 0], 4);
    assertClose([detectionError([one, other, none])], [(1.5 + 3) / 2], 1e-6);
  });
});

suite('the protocol on Synthetic Shapes', () => {
  test('has all kinds in turn, and is the same each time', () => {
    for (const [index, kind] of SHAPE_KINDS.entries()) {
      const { sample, noisy } = protocolSample(SYNTHETIC_PROTOCOL, index);
      assert.equal(sample.kind, kind);
      assert.deepEqual(protocolSample(SYNTHETIC_PROTOCOL, index).noisy, noisy);
    }
  });

  test('noise goes from the clean picture over the noisy one to nothing but noise', () => {
    const clean = grayImage(2, 1, Float32Array.of(0, 1));
    const noisy = grayImage(2, 1, Float32Array.of(0.5, 0.5));
    const at = (level: number) => [...noiseLevel(clean, noisy, level, new Random(1)).data];
    assertClose(at(0), [0, 1]);
    assertClose(at(0.5), [0.25, 0.75]);
    assertClose(at(1), [0.5, 0.5]);
    const random = new Random(1);
    assertClose(at(2), [random.uniform(), random.uniform()], 1e-6);
  });
});
