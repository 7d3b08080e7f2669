import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { Features } from '../../src/features/features.js';
import { type MatchOptions, matchFeatures } from '../../src/matching/match-features.js';
import type { Matches } from '../../src/matching/matches.js';
import { mutualMatches } from '../../src/matching/mutual-matches.js';
import { nearestNeighbours } from '../../src/matching/nearest-neighbours.js';
import { Random } from '../../src/random.js';

/** As `matchFeatures`, with so many similarities at a time; undefined: `matchFeatures` itself. */
async function matchInBlocks(
  features0: Features,
  features1: Features,
  options: MatchOptions,
  maxBlock: number | undefined,
): Promise<Matches> {
  if (maxBlock === undefined) return matchFeatures(features0, features1, options);
  return mutualMatches(...(await nearestNeighbours(features0, features1, 2, maxBlock)), options);
}

function featuresOf(descriptors: Float32Array, descriptorDim: number): Features {
  const count = descriptors.length / descriptorDim;
  const keypoints = new Float32Array(2 * count);
  return {
    width: 64,
    height: 64,
    count,
    keypoints,
    scores: new Float32Array(count),
    descriptors,
    descriptorDim,
  };
}

function unitVectors(random: Random, count: number, dim: number): Float32Array {
  const vectors = new Float32Array(count * dim).map(() => random.normal());
  for (let n = 0; n < count; n++) {
    const vector = vectors.subarray(n * dim, (n + 1) * dim);
    const length = Math.hypot(...vector);
    vectors.set(
      vector.map((value) => value / length),
      n * dim,
    );
  }
  return vectors;
}

/** The noisy copies of a set in another order, so that there is something to find. */
function shuffledCopies(random: Random, vectors: Float32Array, dim: number, noise: number): Float32Array {
  const count = vectors.length / dim;
  const order = random.shuffle(Int32Array.from({ length: count }, (_, i) => i));
  const copies = new Float32Array(vectors.length);
  for (let n = 0; n < count; n++) {
    const copy = vectors.slice(order[n] * dim, (order[n] + 1) * dim).map((v) => v + random.normal(0, noise));
    const length = Math.hypot(...copy);
    copies.set(
      copy.map((v) => v / length),
      n * dim,
    );
  }
  return copies;
}

/** The definition, with distances: [index0, index1] of mutual nearest neighbours that pass the tests. */
function bruteForce(features0: Features, features1: Features, options: MatchOptions = {}): number[][] {
  const { ratio, minSimilarity = -1 } = options;
  const dim = features0.descriptorDim;
  const dot = (a: number, b: number) => {
    let sum = 0;
    for (let c = 0; c < dim; c++)
      sum += features0.descriptors[a * dim + c] * features1.descriptors[b * dim + c];
    return sum;
  };
  const distances = Array.from({ length: features0.count }, (_, a) =>
    Array.from({ length: features1.count }, (_, b) => Math.sqrt(Math.max(0, 2 - 2 * dot(a, b)))),
  );
  const passes = (row: number[]) => {
    const [nearest, second] = [...row].sort((a, b) => a - b);
    return ratio === undefined || second === undefined || nearest < ratio * second;
  };
  const pairs: number[][] = [];
  distances.forEach((row, a) => {
    const b = row.indexOf(Math.min(...row));
    const column = distances.map((other) => other[b]);
    if (column.indexOf(Math.min(...column)) !== a) return;
    if (dot(a, b) >= minSimilarity && passes(row) && passes(column)) pairs.push([a, b]);
  });
  return pairs;
}

test('matches equal the brute force, with and without ratio and limit, in one block and in many', async () => {
  const random = new Random('matching');
  for (const [count0, count1, dim] of [
    [60, 45, 32],
    [7, 90, 16],
    [1, 5, 8],
    [5, 1, 8],
    [1, 1, 4],
    [2, 3, 4],
  ]) {
    const vectors = unitVectors(random, Math.max(count0, count1), dim);
    const features0 = featuresOf(vectors.slice(0, count0 * dim), dim);
    const features1 = featuresOf(shuffledCopies(random, vectors, dim, 0.15).slice(0, count1 * dim), dim);
    for (const options of [{}, { ratio: 0.8 }, { minSimilarity: 0.6 }, { ratio: 0.9, minSimilarity: 0.3 }]) {
      const expected = bruteForce(features0, features1, options);
      for (const maxBlock of [undefined, 1, 500]) {
        const matches = await matchInBlocks(features0, features1, options, maxBlock);
        const pairs = Array.from(matches.indices0, (index0, m) => [index0, matches.indices1[m]]);
        assert.deepEqual(pairs, expected);
        assert.equal(matches.count, expected.length);
        matches.similarities.forEach((similarity, m) => {
          const [a, b] = expected[m];
          let dot = 0;
          for (let c = 0; c < dim; c++) {
            dot += features0.descriptors[a * dim + c] * features1.descriptors[b * dim + c];
          }
          assert.ok(Math.abs(similarity - dot) < 1e-5);
        });
      }
    }
  }
});

test('swapping the pictures swaps the matches', async () => {
  const random = new Random('swap');
  const vectors = unitVectors(random, 40, 16);
  const features0 = featuresOf(vectors, 16);
  const features1 = featuresOf(shuffledCopies(random, vectors, 16, 0.2), 16);
  const forth = await matchFeatures(features0, features1, { ratio: 0.95 });
  const back = await matchFeatures(features1, features0, { ratio: 0.95 });
  const sorted = (a: Int32Array, b: Int32Array) => Array.from(a, (v, m) => `${v}-${b[m]}`).sort();
  assert.ok(forth.count > 5);
  assert.deepEqual(sorted(forth.indices0, forth.indices1), sorted(back.indices1, back.indices0));
});

test('of equal descriptors the first is the neighbour, and the ratio test refuses them', async () => {
  const twins = featuresOf(Float32Array.of(1, 0, 1, 0, 0, 1), 2);
  const single = featuresOf(Float32Array.of(1, 0), 2);
  for (const maxBlock of [undefined, 1]) {
    const matches = await matchInBlocks(twins, single, {}, maxBlock);
    assert.deepEqual([...matches.indices0, ...matches.indices1, ...matches.similarities], [0, 0, 1]);
    assert.equal((await matchInBlocks(twins, single, { ratio: 1 }, maxBlock)).count, 0);
  }
});

test('no features, no matches', async () => {
  const none = featuresOf(new Float32Array(), 8);
  const some = featuresOf(unitVectors(new Random(1), 3, 8), 8);
  for (const [a, b] of [
    [none, some],
    [some, none],
    [none, none],
  ]) {
    const matches = await matchFeatures(a, b, { ratio: 0.8 });
    assert.deepEqual([matches.count, matches.indices0.length, matches.similarities.length], [0, 0, 0]);
  }
});

test('several calls at once do not disturb each other', async () => {
  const random = new Random('parallel');
  const sets = Array.from({ length: 4 }, () => featuresOf(unitVectors(random, 30, 16), 16));
  const results = await Promise.all(sets.map((set) => matchFeatures(set, sets[0])));
  results.forEach((matches, n) => {
    assert.equal(matches.count, bruteForce(sets[n], sets[0]).length);
  });
});

test('features that cannot be matched and options out of range are refused', async () => {
  const features = featuresOf(unitVectors(new Random(2), 3, 8), 8);
  const broken = featuresOf(
    features.descriptors.map((v, i) => (i === 17 ? Number.NaN : v)),
    8,
  );
  const other = featuresOf(unitVectors(new Random(3), 4, 6), 6);
  await assert.rejects(matchFeatures(features, broken), /finite descriptors in features1, got NaN at 2/);
  await assert.rejects(matchFeatures(features, other), /one length, got 8 and 6/);
  await assert.rejects(
    matchFeatures({ ...features, descriptorDim: 0 }, features),
    /features0 with descriptors/,
  );
  await assert.rejects(matchFeatures({ ...features, count: 4 }, features), /4x8 values in features0, got 24/);
  await assert.rejects(matchFeatures(features, features, { ratio: 0 }), /ratio in \(0, 1\], got 0/);
  await assert.rejects(matchFeatures(features, features, { ratio: Number.NaN }), /ratio/);
  await assert.rejects(matchFeatures(features, features, { minSimilarity: 2 }), /minSimilarity/);
});

suite('the worker of matching', () => {
  const random = new Random('worker');
  const [a, b] = [40, 30].map((count) => featuresOf(unitVectors(random, count, 8), 8));
  const workerStarted = async () => ((await once(process, 'worker')) as [Worker])[0];
  const worker = workerStarted();
  const inWorker = (options: MatchOptions = {}) => matchFeatures(a, b, { ...options, thread: true });

  test('gives what this thread gives, errors too, and leaves the features to the caller', async () => {
    for (const options of [{}, { ratio: 0.9 }, { minSimilarity: 0.5 }]) {
      assert.deepEqual(await inWorker(options), await matchFeatures(a, b, { ...options, thread: false }));
    }
    assert.deepEqual([a.descriptors.length, b.descriptors.length], [320, 240]);
    const broken = { ...b, descriptors: b.descriptors.map((value, i) => (i === 9 ? Number.NaN : value)) };
    await assert.rejects(matchFeatures(a, broken, { thread: true }), /^RangeError: .*got NaN at 1$/);
  });

  test('leaves this thread free where keypoints are many', async () => {
    const [many, others] = [1, 2].map(() => featuresOf(unitVectors(random, 3000, 64), 64));
    /** The longest that a timer was late, milliseconds. */
    const worst = async (thread?: boolean) => {
      await matchFeatures(many, others, { thread });
      let [late, last] = [0, performance.now()];
      const timer = setInterval(() => {
        late = Math.max(late, performance.now() - last - 5);
        last = performance.now();
      }, 5);
      for (let n = 0; n < 3; n++) await matchFeatures(many, others, { thread });
      // what came last has to be seen by the timer too
      await new Promise((resolve) => setTimeout(resolve, 20));
      clearInterval(timer);
      return late;
    };
    const [busy, free] = [await worst(false), await worst()];
    assert.ok(free < busy / 2, `${free} and ${busy} ms`);
  });

  test('is replaced where it has died', async () => {
    const expected = await inWorker();
    await (await worker).terminate();
    const next = workerStarted();
    assert.deepEqual(await Promise.all([inWorker(), inWorker()]), [expected, expected]);
    assert.notEqual(await next, await worker);
  });
});
