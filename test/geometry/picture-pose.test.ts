/** Poses of a camera that is known, back from its homographies; and what stands on the picture. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  type Homography,
  multiplyHomographies,
  translationHomography,
  warpPoints,
} from '../../src/geometry/homography.js';
import { cameraOf, FocalLength, poseFromHomography, projectPoints } from '../../src/geometry/picture-pose.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';

const FRAME = { width: 640, height: 480 };
const PICTURE = { width: 300, height: 200 };

/** Rotation by angles about y, x and z, in this order. */
function rotationOf(yaw: number, pitch: number, roll: number): number[] {
  const times = (a: number[], b: number[]) =>
    a.map((_, n) => [0, 1, 2].reduce((sum, k) => sum + a[3 * Math.trunc(n / 3) + k] * b[3 * k + (n % 3)], 0));
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const [cr, sr] = [Math.cos(roll), Math.sin(roll)];
  const [Y, P, R] = [
    [cy, 0, sy, 0, 1, 0, -sy, 0, cy],
    [1, 0, 0, 0, cp, -sp, 0, sp, cp],
    [cr, -sr, 0, sr, cr, 0, 0, 0, 1],
  ];
  return times(R, times(P, Y));
}

/** What a camera of this focal length sees of the picture: K (r1 r2 t), from the picture's pixels. */
function homographyOf(rotation: number[], translation: number[], focalLength: number): Homography {
  const [r, t] = [rotation, translation];
  const plane = Float64Array.of(r[0], r[1], t[0], r[3], r[4], t[1], r[6], r[7], t[2]);
  const { centreX, centreY } = cameraOf(FRAME);
  const K = Float64Array.of(focalLength, 0, centreX, 0, focalLength, centreY, 0, 0, 1);
  const toCentre = translationHomography(-(PICTURE.width - 1) / 2, -(PICTURE.height - 1) / 2);
  return multiplyHomographies(K, multiplyHomographies(plane, toCentre));
}

const random = new Random(4);
const views = Array.from({ length: 30 }, () => ({
  rotation: rotationOf(random.between(-0.8, 0.8), random.between(-0.8, 0.8), random.between(-3, 3)),
  translation: [random.between(-80, 80), random.between(-60, 60), random.between(300, 900)],
}));

suite('the pose of a camera before a picture', () => {
  test('is the true one, whatever the scale and sign of the homography', () => {
    const camera = cameraOf(FRAME, 520);
    for (const [n, { rotation, translation }] of views.entries()) {
      const H = homographyOf(rotation, translation, 520).map((value) => value * (n % 2 ? -3 : 0.1));
      const pose = poseFromHomography(H, PICTURE, camera);
      assertClose(pose.rotation, rotation, 1e-9);
      assertClose(pose.translation, translation, 1e-6);
    }
  });

  test('is the nearest rotation where the homography trembles', () => {
    for (const { rotation, translation } of views) {
      const H = homographyOf(rotation, translation, 512).map(
        (value, i) => value * (1 + 0.002 * Math.sin(7 * i)),
      );
      const { rotation: r } = poseFromHomography(H, PICTURE, cameraOf(FRAME));
      for (const [a, b] of [
        [0, 0],
        [1, 1],
        [2, 2],
        [0, 1],
        [0, 2],
        [1, 2],
      ]) {
        const product = [0, 1, 2].reduce((sum, row) => sum + r[3 * row + a] * r[3 * row + b], 0);
        assertClose([product], [a === b ? 1 : 0], 1e-9);
      }
    }
  });

  test('projects the picture to where its homography has it, and a tower towards the viewer', () => {
    const { rotation, translation } = views[3];
    const camera = cameraOf(FRAME, 520);
    const H = homographyOf(rotation, translation, 520);
    const pose = poseFromHomography(H, PICTURE, camera);
    const [x, y] = [-100, 70];
    const seen = warpPoints(H, [x + (PICTURE.width - 1) / 2, y + (PICTURE.height - 1) / 2]);
    assertClose(projectPoints(pose, camera, [x, y, 0]), seen, 1e-6);
    // Seen from the front, what comes nearer gets larger.
    const front = poseFromHomography(homographyOf(rotationOf(0, 0, 0), [0, 0, 500], 520), PICTURE, camera);
    const [base, , tip] = projectPoints(front, camera, [50, 0, 0, 50, 0, -100]);
    assert.ok(tip > base, `${base} at the foot, ${tip} at the top`);
    assert.equal(projectPoints(front, camera, [50, 0, -600])[0], Number.POSITIVE_INFINITY);
  });

  test('of a singular homography is refused', () => {
    assert.throws(() => poseFromHomography(new Float64Array(9), PICTURE, cameraOf(FRAME)), /invertible/);
  });
});

suite('the focal length', () => {
  test('is found from slanted views, with errors of half a pixel in the corners', () => {
    for (const truth of [420, 512, 900]) {
      const focal = new FocalLength(FRAME, PICTURE);
      for (const { rotation, translation } of views) {
        const H = homographyOf(rotation, translation, truth);
        const noise = H.map((value) => value * (1 + 1e-5 * random.normal()));
        focal.add(noise);
      }
      assert.ok(Math.abs(focal.value / truth - 1) < 0.05, `${focal.value} for ${truth}`);
    }
  });

  test('is the typical one while the picture is seen from the front', () => {
    const focal = new FocalLength(FRAME, PICTURE);
    for (let n = 0; n < 20; n++) focal.add(homographyOf(rotationOf(0, 0, n), [0, 0, 500], 300));
    assertClose([focal.value], [0.8 * FRAME.width], 1);
  });
});
