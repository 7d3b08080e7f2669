import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../src/random.js';
import { checkerboard } from '../../src/synthetic/boards.js';
import { cube } from '../../src/synthetic/cube.js';
import { polygonSharpness } from '../../src/synthetic/plane.js';
import { rasterise } from '../../src/synthetic/rasterise.js';
import { SHAPE_KINDS, type ShapeKind, type SyntheticSample } from '../../src/synthetic/sample.js';
import { renderShape, SYNTHETIC_VIEWS, synthesize } from '../../src/synthetic/synthesize.js';
import { blurred, endsOfLine, meetingPointOfEdges, momentsOf, OUTER } from './corner-estimates.js';

const WITHOUT_CORNERS: readonly ShapeKind[] = ['ellipses', 'gaussianNoise'];

function cornersOf({ keypoints }: Pick<SyntheticSample, 'keypoints'>): [number, number][] {
  return Array.from({ length: keypoints.length / 2 }, (_, k) => [keypoints[2 * k], keypoints[2 * k + 1]]);
}

function range({ image }: SyntheticSample, x: number, y: number, reach: number): number {
  const values: number[] = [];
  for (let v = Math.round(y) - reach; v <= Math.round(y) + reach; v++) {
    for (let u = Math.round(x) - reach; u <= Math.round(x) + reach; u++) {
      if (u >= 0 && v >= 0 && u < image.width && v < image.height)
        values.push(image.data[v * image.width + u]);
    }
  }
  return Math.max(...values) - Math.min(...values);
}

test('a picture depends on seed and index only, not on what was drawn before', () => {
  const alone = synthesize('s', 7);
  for (let index = 0; index < 7; index++) synthesize('s', index);
  assert.deepEqual(synthesize('s', 7), alone);
  assert.deepEqual(synthesize('s', 7, { width: 160, height: 120 }), alone);
  assert.notDeepEqual(synthesize('t', 7).image.data, alone.image.data);
  assert.notDeepEqual(synthesize('s', 8, { kind: alone.kind }).image.data, alone.image.data);
});

test('kinds come in equal parts, or by their weights', () => {
  const count = (weights?: Partial<Record<ShapeKind, number>>) => {
    const counts = new Map<ShapeKind, number>();
    for (let index = 100; index < 280; index++) {
      const { kind } = renderShape(3, index, { width: 48, height: 48, weights });
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    return counts;
  };
  const even = count();
  for (const kind of SHAPE_KINDS) assert.ok(Math.abs((even.get(kind) ?? 0) - 20) <= 2, kind);
  const weighted = count({ ellipses: 0, gaussianNoise: 0.5 });
  assert.equal(weighted.get('ellipses'), undefined);
  assert.ok(Math.abs((weighted.get('gaussianNoise') ?? 0) - 12) <= 2);
});

test('every kind, clean and augmented: corners inside, distinct, on valid pixels; values in [0, 1]', () => {
  for (const kind of SHAPE_KINDS) {
    for (let index = 0; index < 25; index++) {
      for (const sample of [renderShape(11, index, { kind }), synthesize(11, index, { kind })]) {
        assert.equal(sample.kind, kind);
        const { width, height, data } = sample.image;
        assert.ok(data.every((value) => value >= 0 && value <= 1));
        assert.equal(sample.mask.length, width * height);
        const corners = cornersOf(sample);
        corners.forEach(([x, y], k) => {
          assert.ok(x >= 0 && x <= width - 1 && y >= 0 && y <= height - 1, `${kind} ${x} ${y}`);
          assert.equal(sample.mask[Math.round(y) * width + Math.round(x)], 1);
          for (const [u, v] of corners.slice(0, k)) assert.ok(Math.hypot(x - u, y - v) >= 2.49, kind);
        });
      }
    }
  }
});

test('ellipses and noise have no corners, all other clean pictures have', () => {
  for (const kind of SHAPE_KINDS) {
    for (let index = 0; index < 20; index++) {
      const { keypoints, mask } = renderShape(2, index, { kind });
      assert.equal(keypoints.length > 0, !WITHOUT_CORNERS.includes(kind), `${kind} ${index}`);
      assert.ok(mask.every((valid) => valid === 1));
    }
  }
});

test('numbers of corners are those of the shapes', () => {
  for (let index = 0; index < 20; index++) {
    assert.equal(cornersOf(renderShape(4, index, { kind: 'cube' })).length, 7);
    assert.equal(cornersOf(renderShape(4, index, { kind: 'lines' })).length % 2, 0);
    const ends = cornersOf(renderShape(4, index, { kind: 'star' })).length - 1;
    assert.ok(ends >= 3 && ends <= 5);
    const sides = cornersOf(renderShape(4, index, { kind: 'polygon' })).length;
    assert.ok(sides >= 3 && sides <= 7);
  }
});

test('a clean picture has contrast at every corner', () => {
  for (const kind of SHAPE_KINDS) {
    for (let index = 0; index < 30; index++) {
      const sample = renderShape(5, index, { kind });
      for (const [x, y] of cornersOf(sample)) {
        assert.ok(range(sample, x, y, 3) > 0.05, `${kind} ${index}: ${range(sample, x, y, 3)} at ${x}, ${y}`);
      }
    }
  }
});

/** From labels to where the edges meet, for corners with nothing else near. */
function cornerErrors(sample: Pick<SyntheticSample, 'image' | 'keypoints'>): [number, number][] {
  const { width, height } = sample.image;
  const corners = cornersOf(sample);
  const image = blurred(sample.image);
  return corners.flatMap(([x, y]) => {
    const margin = Math.min(x, y, width - 1 - x, height - 1 - y);
    const near = corners.some(([u, v]) => !(u === x && v === y) && Math.hypot(u - x, v - y) < 2 * OUTER);
    if (margin < OUTER + 2 || near) return [];
    const estimate = meetingPointOfEdges(image, x, y);
    const clear = estimate.spread < 4 && estimate.crossing > 0.3;
    return clear ? [[estimate.x - x, estimate.y - y] as [number, number]] : [];
  });
}

function assertExact(errors: readonly [number, number][]): void {
  assert.ok(errors.length > 60, `only ${errors.length} corners to judge`);
  const lengths = errors.map(([dx, dy]) => Math.hypot(dx, dy)).sort((a, b) => a - b);
  const mean = [0, 1].map((axis) => errors.reduce((sum, error) => sum + error[axis], 0) / errors.length);
  const most = lengths[Math.floor(0.95 * lengths.length)];
  const report = `bias ${mean}, median ${lengths[lengths.length >> 1]}, 95 % ${most}`;
  assert.ok(Math.hypot(mean[0], mean[1]) < 0.02, report);
  assert.ok(lengths[lengths.length >> 1] < 0.07, report);
  assert.ok(most < 0.15, report);
}

// Big pictures, so that the estimate itself is exact; the drawing knows no sizes but the picture's.
const BIG = { width: 480, height: 360 };

for (const kind of ['polygon', 'stripes'] as const) {
  test(`${kind}: labels lie where the edges meet, to a tenth of a pixel, in every view`, () => {
    const errors = Array.from({ length: 60 }, (_, index) => {
      const homography = index % 2 ? SYNTHETIC_VIEWS : null;
      return cornerErrors(synthesize(6, index, { kind, texture: 0, homography, photometry: null, ...BIG }));
    });
    assertExact(errors.flat());
  });
}

for (const build of [cube, checkerboard]) {
  test(`${build.name}: corners lie where the edges meet, to a tenth of a pixel`, () => {
    const errors: [number, number][] = [];
    for (let index = 0; index < 80; index++) {
      const random = new Random(6).fork(index);
      const backdrop = { shade: random.uniform(), amplitude: 0, spacing: 20 };
      const scene = build({ random, ...BIG, side: 360, backdrop, texture: 0 });
      // Drawn edges hide where the faces meet.
      if (scene.figures.some(({ outline }) => isThin(outline))) continue;
      const image = rasterise(scene, BIG.width, BIG.height, random, 0.1);
      errors.push(...cornerErrors({ image, keypoints: Float32Array.from(scene.corners) }));
    }
    assertExact(errors);
  });
}

function isThin(outline: ArrayLike<number>): boolean {
  return polygonSharpness(outline).shortestEdge < 5;
}

test('triangles: area, centre and spread of the pixels are those of the labels', () => {
  let judged = 0;
  for (let index = 0; index < 120; index++) {
    const sample = synthesize(9, index, { kind: 'polygon', texture: 0, photometry: null });
    const corners = cornersOf(sample);
    const inner = corners.every(([x, y]) => x > 3 && y > 3 && x < 156 && y < 116);
    const moments = momentsOf(sample.image);
    // Three corners inside do not make a triangle if others lie outside: then the frame is not clear.
    if (!inner || corners.length !== 3 || !moments.frameIsClear) continue;
    const [[x0, y0], [x1, y1], [x2, y2]] = corners;
    const area = Math.abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)) / 2;
    if (area < 60) continue;
    judged++;
    const [cx, cy] = [(x0 + x1 + x2) / 3, (y0 + y1 + y2) / 3];
    const spread = corners.reduce((sum, [x, y]) => sum + (x - cx) ** 2 + (y - cy) ** 2, 0) / 12;
    assert.ok(Math.hypot(moments.x - cx, moments.y - cy) < 0.05, `centre of picture ${index}`);
    assert.ok(Math.abs(moments.area / area - 1) < 0.01, `area of picture ${index}`);
    // Pixels and soft edges add 1/6 + 4 * (0.05 … 0.1) to the variances of both axes.
    const excess = moments.xx + moments.yy - spread;
    assert.ok(Math.abs(excess - 0.47) < 0.35 + 0.002 * spread, `spread of picture ${index}: ${excess}`);
  }
  assert.ok(judged >= 10, `only ${judged} triangles`);
});

test('lines: labels are the ends of the stroke', () => {
  let judged = 0;
  for (let index = 0; index < 150; index++) {
    const sample = renderShape(8, index, { kind: 'lines', texture: 0 });
    const labels = cornersOf(sample);
    if (labels.length !== 2) continue;
    const clear = labels.flat().every((value, k) => value > 3 && value < (k % 2 ? 116 : 156));
    if (!clear) continue;
    judged++;
    const ends = endsOfLine(sample.image);
    for (const [x, y] of labels) {
      const error = Math.min(Math.hypot(x - ends[0], y - ends[1]), Math.hypot(x - ends[2], y - ends[3]));
      assert.ok(error < 0.1, `${error} px at picture ${index}`);
    }
  }
  assert.ok(judged >= 5, `only ${judged} pictures of one line`);
});

test('wrong settings are refused with what was expected', () => {
  assert.throws(() => renderShape(0, 0, { width: 40 }), /RangeError.*at least 48, got 40x120/s);
  assert.throws(() => renderShape(0, 0, { height: 100.5 }), RangeError);
  assert.throws(() => renderShape(0, 0, { kind: 'circle' as ShapeKind }), /one of lines, polygon/);
  assert.throws(() => renderShape(0, 0, { weights: { lines: -1 } }), RangeError);
  assert.throws(() => renderShape(0, 0, { texture: 2 }), /texture in \[0, 1\], got 2/);
});
