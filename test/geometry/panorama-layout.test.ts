import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  type Homography,
  scaleHomography,
  translationHomography,
  warpPoints,
} from '../../src/geometry/homography.js';
import { layOutPanorama } from '../../src/geometry/panorama-layout.js';
import { assertClose } from '../assert-close.js';

const SIZE = { width: 100, height: 80 };
const link = (first: number, second: number, H_firstToSecond: Homography, inlierCount = 50) => ({
  first,
  second,
  H_firstToSecond,
  inlierCount,
});
/** The view of a camera of focal length 100 that has turned to the right. */
function turned(degrees: number): Homography {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [f, cx, cy] = [100, 49.5, 39.5];
  // K R K^-1 by hand.
  const K = [f, 0, cx, 0, f, cy, 0, 0, 1];
  const R = [cos, 0, -sin, 0, 1, 0, sin, 0, cos];
  const inverse = [1 / f, 0, -cx / f, 0, 1 / f, -cy / f, 0, 0, 1];
  const times = (a: number[], b: number[]) =>
    a.map((_, n) => [0, 1, 2].reduce((sum, k) => sum + a[3 * Math.trunc(n / 3) + k] * b[3 * k + (n % 3)], 0));
  return Float64Array.from(times(times(K, R), inverse));
}
const at = (place: unknown, x: number, y: number) => warpPoints(place as Homography, [x, y]);

suite('the layout of a panorama', () => {
  test('is the sum of the shifts of a chain, in the frame of its middle picture', () => {
    // Picture n + 1 begins 60 pixels right of and 5 below picture n.
    const links = [0, 1].map((n) => link(n, n + 1, translationHomography(-60, -5)));
    const { width, height, places } = layOutPanorama([SIZE, SIZE, SIZE], links);
    assert.deepEqual([width, height], [220, 90]);
    for (const [n, place] of places.entries()) assertClose(at(place, 3, 4), [60 * n + 3, 5 * n + 4], 1e-9);
  });

  test('takes the middle one where the outer ones are stretched', () => {
    const links = [link(0, 1, turned(25)), link(1, 2, turned(25))];
    const { reference, places } = layOutPanorama([SIZE, SIZE, SIZE], links);
    assert.equal(reference, 1);
    // A mirror image: what lies left and right of the middle lies as far from it.
    const middle = at(places[1], 49.5, 39.5);
    const [left, right] = [at(places[0], 10, 39.5), at(places[2], 89, 39.5)];
    assertClose([middle[0] - left[0]], [right[0] - middle[0]], 1e-6);
  });

  test('takes the first where others would be stretched as much as it, by being larger', () => {
    const { reference, width } = layOutPanorama([SIZE, SIZE], [link(0, 1, scaleHomography(0.5, 0.5))]);
    assert.equal(reference, 0);
    assert.equal(width, 200);
  });

  test('follows the links that most matches agree on', () => {
    const wrong = translationHomography(1000, 0);
    const right = translationHomography(-10, 0);
    const links = [link(0, 2, wrong, 20), link(0, 1, right), link(1, 2, right)];
    const { places } = layOutPanorama([SIZE, SIZE, SIZE], links);
    const [x0] = at(places[0], 0, 0);
    const [x2] = at(places[2], 0, 0);
    assertClose([x2 - x0], [20], 1e-9);
  });

  test('leaves out what nothing leads to and what would be stretched too far', () => {
    const links = [0, 1, 2, 3].map((n) => link(n, n + 1, turned(22)));
    const sizes = new Array(6).fill(SIZE);
    const { places, reference } = layOutPanorama(sizes, links, { maxStretch: 3 });
    // The frame's neighbours on both sides are in, whichever of the middle three has it.
    const expected = sizes.map((_, n) =>
      n === 5 ? 'apart' : Math.abs(n - reference) <= 1 ? 'in' : 'stretched',
    );
    assert.ok([1, 2, 3].includes(reference));
    assert.deepEqual(
      places.map((place) => (typeof place === 'string' ? place : 'in')),
      expected,
    );
    // Beyond the horizon there is no panorama at all.
    const wide = layOutPanorama([SIZE, SIZE], [link(0, 1, turned(100))], { maxStretch: 1e9 });
    assert.equal(wide.places.filter((place) => place === 'stretched').length, 1);
  });

  test('leaves a mirrored picture out', () => {
    const mirrored = Float64Array.of(-1, 0, 99, 0, 1, 0, 0, 0, 1);
    assert.equal(layOutPanorama([SIZE, SIZE], [link(0, 1, mirrored)]).places[1], 'stretched');
  });

  test('shrinks what would be too large', () => {
    const shift = link(0, 1, translationHomography(-100, 0));
    const { width, height, places } = layOutPanorama([SIZE, SIZE], [shift], { maxPixels: 4000 });
    assert.deepEqual([width, height], [100, 40]);
    assertClose(at(places[1], 99.5, 79.5), [99.5, 39.5], 1e-9);
  });

  test('refuses nonsense in one line', () => {
    assert.throws(() => layOutPanorama([], []), /at least one picture/);
    assert.throws(() => layOutPanorama([SIZE], [link(0, 1, turned(1))]), /links of 1 pictures/);
    assert.throws(() => layOutPanorama([SIZE], [], { maxStretch: 1 }), /maxStretch/);
    assert.throws(() => layOutPanorama([SIZE], [], { maxPixels: 0 }), /maxPixels/);
  });
});
