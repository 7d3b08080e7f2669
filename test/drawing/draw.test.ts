import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confidenceColor, cssColor, heatColor, strengthColor } from '../../src/drawing/color-maps.js';
import { drawHeatmap, drawKeypoints, drawMatches, drawTracks } from '../../src/drawing/draw.js';
import { rgbaFromGray } from '../../src/image/convert.js';
import { type GrayImage, grayImage, type RgbaImage } from '../../src/image/image.js';

function flat(width: number, height: number, value: number): GrayImage {
  return grayImage(width, height, new Float32Array(width * height).fill(value));
}

function points(...coordinates: number[]) {
  return { count: coordinates.length / 2, keypoints: Float32Array.from(coordinates) };
}

/** Red, green, blue at a pixel. */
function pixel({ width, data }: RgbaImage, x: number, y: number): number[] {
  return Array.from(data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3));
}

/** Centre of gravity of all pixels that differ from the background. */
function markCentre({ width, data }: RgbaImage, background: number): [number, number] {
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let i = 0; i < data.length; i += 4) {
    const weight = Math.abs(data[i] - background) + Math.abs(data[i + 1] - background);
    sum += weight;
    sumX += weight * ((i / 4) % width);
    sumY += weight * Math.floor(i / 4 / width);
  }
  return [sumX / sum, sumY / sum];
}

/** Lightness as the eye sees it, roughly. */
const lightness = ([red, green, blue]: readonly number[]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

test('a keypoint is marked about the centre of its pixel, at any scale', () => {
  const image = flat(40, 30, 0.5);
  for (const scale of [1, 2, 3.5]) {
    const drawing = drawKeypoints(image, points(12, 17), { scale, radius: 3 });
    assert.deepEqual([drawing.width, drawing.height], [40 * scale, 30 * scale]);
    const [x, y] = markCentre(drawing, 128);
    // pixel 12's centre lies at (12 + 0.5) * scale from the left edge, so at this pixel coordinate:
    assert.ok(Math.abs(x - (12.5 * scale - 0.5)) < 0.2 && Math.abs(y - (17.5 * scale - 0.5)) < 0.2);
  }
});

test('a mark stands out on black, on white and on grey', () => {
  for (const value of [0, 0.5, 1]) {
    const drawing = drawKeypoints(flat(21, 21, value), points(10, 10), { radius: 4 });
    const ring = Array.from({ length: 441 }, (_, i) => lightness(pixel(drawing, i % 21, Math.floor(i / 21))));
    assert.ok(Math.max(...ring) - Math.min(...ring) > 120, `on ${value}`);
  }
});

test('the strongest keypoint is orange, the weakest blue', () => {
  const features = { ...points(10, 10, 30, 10), scores: Float32Array.of(0.01, 0.9) };
  const drawing = drawKeypoints(flat(41, 21, 0), features, { radius: 4 });
  const [weakRed, , weakBlue] = pixel(drawing, 14, 10);
  const [strongRed, , strongBlue] = pixel(drawing, 34, 10);
  assert.ok(weakBlue > weakRed && strongRed > strongBlue);
});

test('no keypoints leave the picture as it is, also a colour picture', () => {
  const image = rgbaFromGray(flat(9, 7, 0.4));
  assert.deepEqual(drawKeypoints(image, points()).data, image.data);
});

const ONE_MATCH = {
  count: 1,
  indices0: Int32Array.of(0),
  indices1: Int32Array.of(0),
  similarities: Float32Array.of(0.99),
};

test('matches join points of two pictures side by side', () => {
  const left = flat(60, 50, 0);
  const right = flat(80, 30, 0);
  const drawing = drawMatches(left, points(20, 10), right, points(50, 10), ONE_MATCH, undefined, {
    radius: 3,
  });
  assert.deepEqual([drawing.width, drawing.height], [60 + 8 + 80, 50]);
  for (const x of [20, 45, 64, 90, 60 + 8 + 50]) {
    const [red, green, blue] = pixel(drawing, x, 10);
    assert.ok(green > 80 && green > red && green > blue, `green at ${x}: ${[red, green, blue]}`);
  }
  assert.deepEqual(pixel(drawing, 10, 10), [0, 0, 0]);
});

test('an unlikely match is red, an outlier faint and without dots', () => {
  const image = flat(60, 50, 0);
  const draw = (similarity: number, inlier: number) =>
    drawMatches(
      image,
      points(20, 10),
      image,
      points(50, 10),
      { ...ONE_MATCH, similarities: Float32Array.of(similarity) },
      [inlier],
      { radius: 3 },
    );
  const [red, green] = pixel(draw(0.3, 1), 45, 10);
  assert.ok(red > 100 && red > 2 * green);
  assert.ok(lightness(pixel(draw(0.99, 0), 45, 10)) < 0.4 * lightness(pixel(draw(0.99, 1), 45, 10)));
  assert.ok(lightness(pixel(draw(0.99, 0), 20, 8)) < 10, 'no dot');
});

test('a track fades towards its past and ends in a dot', () => {
  const drawing = drawTracks(flat(80, 20, 0), [[5, 10, 20, 10, 35, 10, 50, 10, 65, 10]], { radius: 3 });
  const trail = [12, 28, 42, 57].map((x) => lightness(pixel(drawing, x, 10)));
  for (let n = 1; n < trail.length; n++) assert.ok(trail[n] > trail[n - 1], `${trail}`);
  assert.ok(lightness(pixel(drawing, 65, 12)) > 100);
  assert.ok(lightness(pixel(drawing, 72, 10)) < 5);
});

test('a track of one point and no tracks at all are drawn', () => {
  assert.ok(lightness(pixel(drawTracks(flat(20, 20, 0), [[10, 10]]), 10, 10)) > 100);
  assert.deepEqual(drawTracks(flat(4, 4, 1), []).data, rgbaFromGray(flat(4, 4, 1)).data);
});

test('an outline is drawn around what was found, with a veil inside, also beyond the picture', () => {
  const outline = [10, 5, 90, 5, 90, 15, 10, 15];
  const drawing = drawTracks(flat(80, 20, 0), [], { outline });
  for (const [x, y] of [
    [10, 10],
    [40, 5],
    [79, 15],
  ]) {
    assert.ok(lightness(pixel(drawing, x, y)) > 100, `at ${x}, ${y}`);
  }
  const veiled = lightness(pixel(drawing, 40, 10));
  assert.ok(veiled > 5 && veiled < 40);
  assert.equal(lightness(pixel(drawing, 3, 10)), 0);
});

test('heat shines, cold shows the picture dimmed', () => {
  const drawing = drawHeatmap(flat(3, 1, 0.8), Float32Array.of(0, 0.25, 1));
  assert.deepEqual(pixel(drawing, 0, 0), [102, 102, 102]);
  assert.deepEqual(pixel(drawing, 2, 0), Array.from(heatColor(1)));
  assert.ok(lightness(pixel(drawing, 1, 0)) < lightness(pixel(drawing, 2, 0)));
  const allCold = drawHeatmap(flat(2, 1, 1), new Float32Array(2));
  assert.deepEqual(pixel(allCold, 0, 0), [128, 128, 128]);
});

test('lightness of the heat colours rises evenly; strength colours are all bright', () => {
  let last = -1;
  for (let t = 0; t <= 1; t += 0.02) {
    const now = lightness(heatColor(t));
    assert.ok(now > last && (last < 0 || now - last < 12), `at ${t}`);
    last = now;
    assert.ok(lightness(strengthColor(t)) > 140);
  }
});

test('colours hold their ends beyond [0, 1]', () => {
  assert.deepEqual(confidenceColor(-3), confidenceColor(0));
  assert.deepEqual(confidenceColor(9), confidenceColor(1));
  assert.equal(cssColor([1.4, 254.6, 0], 0.5), 'rgba(1, 255, 0, 0.5)');
});
