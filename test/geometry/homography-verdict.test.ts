import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { estimateHomographyFromPoints } from '../../src/geometry/estimate-homography.js';
import { logFalseAlarms } from '../../src/geometry/homography-verdict.js';
import { Random } from '../../src/random.js';

type Place = (random: Random) => readonly [number, number];

const anywhere: Place = (random) => [random.between(0, 640), random.between(0, 480)];

/** Matches of `right` points turned by .3 and scaled by .8, then `wrong` ones between any places; with noise. */
function makeMatches(
  seed: string,
  place: Place,
  noise: number,
  right: number,
  wrong: number,
  other = anywhere,
) {
  const random = new Random(seed);
  const points0: number[] = [];
  const points1: number[] = [];
  for (let n = 0; n < right + wrong; n++) {
    const [x, y] = n < right ? place(random) : other(random);
    const [sine, cosine] = [0.8 * Math.sin(0.3), 0.8 * Math.cos(0.3)];
    const [u, v] = n < right ? [cosine * x - sine * y + 150, sine * x + cosine * y] : other(random);
    points0.push(x + random.normal(0, noise), y + random.normal(0, noise));
    points1.push(u + random.normal(0, noise), v + random.normal(0, noise));
  }
  return [points0, points1] as const;
}

suite('the verdict on a homography', () => {
  test('counts false alarms as Moisan and Stival do', () => {
    // (10 - 4) * C(10, 5) * C(5, 4) * 0.01
    assert.ok(Math.abs(logFalseAlarms(10, 5, 4, 0.01) - Math.log10(6 * 252 * 5 * 0.01)) < 1e-12);
    assert.ok(Math.abs(logFalseAlarms(6, 6, 2, 0.1) - Math.log10(4 * 1 * 15 * 1e-4)) < 1e-12);
    assert.equal(logFalseAlarms(4, 4, 4, 0.01), Number.POSITIVE_INFINITY);
    assert.ok(Number.isFinite(logFalseAlarms(5000, 4000, 4, 1e-4)));
  });

  test('matches that mean nothing agree by chance, however crowded they are', () => {
    const crowd: Place = (random) => {
      const [x, y] = [random.integer(1, 4) * 100, random.integer(1, 3) * 100];
      return [x + random.normal(0, 3), y + random.normal(0, 3)];
    };
    let uniform = Number.POSITIVE_INFINITY;
    for (const other of [anywhere, crowd]) {
      for (const count of [8, 30, 100, 300]) {
        for (let n = 0; n < 10; n++) {
          const [points0, points1] = makeMatches(`wrong ${count} ${n}`, anywhere, 0, 0, count, other);
          const estimate = estimateHomographyFromPoints(points0, points1, { maxIterations: 1000 });
          assert.notEqual(estimate.verdict, 'plane', `${count} matches, ${estimate.inlierCount} agree`);
          assert.equal(estimate.H_0to1, null);
          assert.ok(estimate.inlierCount >= 4);
          const inPicture = (Math.PI * 3 ** 2) / (640 * 480);
          uniform = Math.min(uniform, logFalseAlarms(count, estimate.inlierCount, 4, inPicture));
        }
      }
    }
    // By the share of the picture alone, some of the crowds would be a plane.
    assert.ok(uniform < -2, `${uniform}`);
    const right = makeMatches('right', anywhere, 0.5, 14, 100);
    assert.equal(estimateHomographyFromPoints(...right).verdict, 'plane');
  });

  test('asked for any, it gives the best of chance', () => {
    const [points0, points1] = makeMatches('any', anywhere, 0, 0, 50);
    const any = estimateHomographyFromPoints(points0, points1, { maxFalseAlarms: Number.POSITIVE_INFINITY });
    const judged = estimateHomographyFromPoints(points0, points1);
    assert.ok(any.H_0to1);
    assert.deepEqual([any.inliers, any.logFalseAlarms > 0], [judged.inliers, true]);
  });

  const line: Place = (random) => {
    const along = random.between(0, 600);
    return [20 + along, 30 + 0.6 * along];
  };
  const corner: Place = (random) =>
    [
      [100, 100],
      [500, 120],
      [300, 400],
    ][random.integer(0, 2)] as [number, number];
  const places: [string, Place][] = [
    ['a line', line],
    ['one place', () => [300, 200]],
    ['three places', corner],
  ];
  for (const [name, place] of places) {
    test(`points of ${name} determine none, with noise and a few others`, () => {
      for (const noise of [0, 0.2, 0.5, 1]) {
        for (const [right, wrong] of [
          [100, 0],
          [96, 4],
          [60, 60],
        ]) {
          for (let n = 0; n < 4; n++) {
            const matches = makeMatches(`${noise} ${right} ${n}`, place, noise, right, wrong);
            const { H_0to1, verdict } = estimateHomographyFromPoints(...matches);
            assert.equal(H_0to1, null, `noise ${noise}, ${right} and ${wrong}: ${verdict}`);
          }
        }
      }
    });
  }

  test('a line and a few points beside it determine one', () => {
    const lineAndMore: Place = (random) => (random.uniform() < 0.85 ? line(random) : anywhere(random));
    const estimate = estimateHomographyFromPoints(...makeMatches('beside', lineAndMore, 0.3, 100, 30));
    assert.equal(estimate.verdict, 'plane');
  });
});
