import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fitImage, fittedHomography, fittedSize } from '../../../src/evaluation/protocols/fit-image.js';
import { invertHomography, translationHomography, warpPoints } from '../../../src/geometry/homography.js';
import { grayImage } from '../../../src/image/image.js';
import { assertClose } from '../../assert-close.js';
import { blobImage, brightCentre } from '../../image/blob.js';

const CROP = { kind: 'crop', width: 320, height: 240 } as const;

suite('fitting pictures to a protocol', () => {
  test('a wide picture is shrunk to the height and cut at both sides', () => {
    const { width, height, H_originalToFitted } = fittedSize({ width: 1000, height: 480 }, CROP);
    assert.deepEqual([width, height], [320, 240]);
    // Half the size is 500x240; of 500 columns 90 go at either side. The picture's centre stays the centre.
    assertClose(warpPoints(H_originalToFitted, [499.5, 239.5, 0, 0]), [159.5, 119.5, -90.25, -0.25]);
  });

  test('by the shorter side nothing is cut', () => {
    const fit = { kind: 'shortSide', shortSide: 240 } as const;
    const { width, height, H_originalToFitted } = fittedSize({ width: 480, height: 1000 }, fit);
    assert.deepEqual([width, height], [240, 500]);
    assertClose(warpPoints(H_originalToFitted, [479.5, 999.5]), [239.5, 499.5]);
  });

  test('a point of the picture is where the homography says it is', () => {
    const image = grayImage(701, 360);
    // A bright square of 21x21 about (400, 200).
    for (let y = 190; y <= 210; y++) image.data.fill(1, y * 701 + 390, y * 701 + 411);
    for (const fit of [CROP, { kind: 'shortSide', shortSide: 200 } as const]) {
      const fitted = fitImage(image, fit);
      let [sum, x, y] = [0, 0, 0];
      for (const [n, value] of fitted.data.entries()) {
        sum += value;
        x += value * (n % fitted.width);
        y += value * Math.floor(n / fitted.width);
      }
      assertClose(
        [x / sum, y / sum],
        warpPoints(fittedSize(image, fit).H_originalToFitted, [400, 200]),
        0.02,
      );
    }
  });

  test('a crop maps points along sub-pixel, from any size', () => {
    const sizes = [
      [800, 640],
      [321, 517],
      [97, 61],
      [640, 480],
      [333, 250],
    ];
    for (const [width, height] of sizes) {
      const [x0, y0] = [0.52 * width, 0.47 * height];
      const fitted = fitImage(blobImage(width, height, x0, y0, Math.max(2, width / 60)), CROP);
      assert.deepEqual([fitted.width, fitted.height], [320, 240]);
      const expected = warpPoints(fittedSize({ width, height }, CROP).H_originalToFitted, [x0, y0]);
      assertClose(brightCentre(fitted), expected, 0.02);
    }
  });

  test('homographies follow the resize and the crop of both pictures', () => {
    const first = fittedSize({ width: 1000, height: 480 }, CROP);
    const second = fittedSize({ width: 640, height: 700 }, CROP);
    const H_0to1 = translationHomography(-30, 50);
    const H = fittedHomography(H_0to1, first, second);
    const point = [120, 80];
    const original = warpPoints(invertHomography(first.H_originalToFitted), point);
    const expected = warpPoints(second.H_originalToFitted, warpPoints(H_0to1, original));
    assertClose(warpPoints(H, point), expected, 1e-9);
  });
});
