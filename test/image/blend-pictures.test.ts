import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { translationHomography } from '../../src/geometry/homography.js';
import { blendPictures } from '../../src/image/blend-pictures.js';
import type { RgbaImage } from '../../src/image/image.js';
import { cropRgba, largestRectangle } from '../../src/image/largest-rectangle.js';
import { Random } from '../../src/random.js';

const [WIDTH, HEIGHT] = [90, 50];

/** A scene without seams: smooth, with a little grain. */
function sceneOf(width: number, height: number): RgbaImage {
  const random = new Random(3);
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const grain = 20 * random.uniform();
      data.set([60 + x + grain, 60 + 2 * y + grain, 120 + 40 * Math.sin(x / 9) + grain], 4 * (y * width + x));
    }
  }
  return { width, height, data };
}

const scene = sceneOf(WIDTH, HEIGHT);
const part = (left: number, width: number, gain = 1) => {
  const piece = cropRgba(scene, { left, top: 0, width, height: HEIGHT });
  return { ...piece, data: piece.data.map((value, i) => (i % 4 === 3 ? value : gain * value)) };
};
/** Largest difference in a colour. */
const worst = (a: RgbaImage, b: RgbaImage) =>
  a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i])), 0);
/** Largest step of the mean brightness of columns, from one to the next: what an eye sees of a seam. */
function seam({ width, height, data }: RgbaImage, from = 0, to = width): number {
  const column = (x: number) => {
    let sum = 0;
    for (let y = 0; y < height; y++) sum += data[4 * (y * width + x)];
    return sum / height;
  };
  let most = 0;
  for (let x = from + 1; x < to; x++) most = Math.max(most, Math.abs(column(x) - column(x - 1)));
  return most;
}

suite('blended pictures', () => {
  const shifted = [translationHomography(0, 0), translationHomography(40, 0)];

  test('of one scene give the scene, whatever the bands', () => {
    // The coarse bands also hold what is guessed to lie beyond a picture's edge.
    for (const [bands, most] of [
      [1, 1],
      [2, 1],
      [6, 3],
    ]) {
      const blended = blendPictures([part(0, 60), part(40, 50)], shifted, WIDTH, HEIGHT, { bands });
      assert.ok(worst(blended, scene) <= most, `${bands} bands: ${worst(blended, scene)}`);
    }
  });

  test('show no seam where their light differs', () => {
    const pictures = [part(0, 60), part(40, 50, 0.8)];
    const cut = blendPictures(pictures, shifted, WIDTH, HEIGHT, { bands: 1, gains: false });
    const banded = blendPictures(pictures, shifted, WIDTH, HEIGHT, { gains: false });
    const gained = blendPictures(pictures, shifted, WIDTH, HEIGHT, { bands: 1 });
    const all = blendPictures(pictures, shifted, WIDTH, HEIGHT);
    assert.ok(seam(cut) > 15, `${seam(cut)}`);
    assert.ok(seam(banded) < 0.4 * seam(cut), `${seam(banded)} of ${seam(cut)}`);
    assert.ok(seam(gained) < 0.4 * seam(cut), `${seam(gained)} of ${seam(cut)}`);
    assert.ok(seam(all) < 1.5 * seam(scene), `${seam(all)} of ${seam(scene)}`);
  });

  test('are transparent where no picture reaches, and there alone', () => {
    const { data } = blendPictures([part(0, 60)], [translationHomography(10, 5)], WIDTH, HEIGHT + 10);
    for (let y = 0; y < HEIGHT + 10; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const isSeen = x >= 10 && x < 70 && y >= 5 && y < 55;
        assert.equal(data[4 * (y * WIDTH + x) + 3], isSeen ? 255 : 0, `(${x}, ${y})`);
      }
    }
  });

  test('are refused in one line where options are wrong', () => {
    assert.throws(() => blendPictures([scene], [], 10, 10), /a homography for each of 1 pictures, got 0/);
    assert.throws(() => blendPictures([], [], 10, 10, { bands: 0 }), /bands .* got 0/);
  });
});

suite('the largest rectangle', () => {
  test('is that of a search through all', () => {
    const random = new Random(5);
    for (let trial = 0; trial < 60; trial++) {
      const [width, height] = [random.integer(1, 9), random.integer(1, 9)];
      const data = new Uint8ClampedArray(4 * width * height);
      for (let i = 3; i < data.length; i += 4) data[i] = random.uniform() < 0.75 ? 255 : 0;
      const isFull = (left: number, top: number, wide: number, high: number) => {
        for (let y = top; y < top + high; y++) {
          for (let x = left; x < left + wide; x++) if (data[4 * (y * width + x) + 3] === 0) return false;
        }
        return true;
      };
      let most = 0;
      for (let top = 0; top < height; top++) {
        for (let left = 0; left < width; left++) {
          for (let high = 1; top + high <= height; high++) {
            for (let wide = 1; left + wide <= width; wide++) {
              if (isFull(left, top, wide, high)) most = Math.max(most, wide * high);
            }
          }
        }
      }
      const found = largestRectangle({ width, height, data });
      assert.equal(found.width * found.height, most);
      assert.ok(most === 0 || isFull(found.left, found.top, found.width, found.height));
    }
  });
});
