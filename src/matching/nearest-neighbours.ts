/**
 * Nearest neighbours among descriptors: the similarity matrix and the best of its rows and columns come from
 * one computation graph, block by block so that memory stays bounded. The columns are the rows of a second product:
 * that and its best take a fifth of the time of looking down the columns of the first.
 */
import type { Features } from '../features/features.js';
import { Graph } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import { matMul, topK } from '../graph/operators.js';
import { createSession, type Session, tensor } from '../graph/session.js';
import { WorkQueue } from '../threads/work-queue.js';

/** Elements of each similarity matrix that are computed at a time: 32 MB. */
const MAX_BLOCK = 2 ** 23;

/** The nearest neighbours of each of N keypoints of a picture among those of another, nearest first. */
export interface Neighbours {
  /** How many each has. */
  readonly k: number;
  /** [N, k] cosine of the angle between the descriptors, where they have length 1. */
  readonly similarities: Float32Array;
  /** [N, k] keypoints of the other picture; -1 where it has none. */
  readonly indices: Int32Array;
}

interface Matcher {
  readonly session: Promise<Session>;
  readonly queue: WorkQueue;
}

const matchers = new Map<string, Matcher>();

/** The graph for descriptors of length `dim`; it finds the `k1` best of the second for each of the first, and the `k0` best the other way. */
function matcherFor(dim: number, k0: number, k1: number): Matcher {
  const key = `${dim} ${k0} ${k1}`;
  let matcher = matchers.get(key);
  if (!matcher) {
    const graph = new Graph('matching');
    const descriptors0 = graph.input('descriptors0', 'float32', ['count0', dim]);
    const descriptors1 = graph.input('descriptors1', 'float32', ['count1', dim]);
    const best0 = topK(matMul(descriptors0, descriptors1, { b: true }), k1, 1);
    const best1 = topK(matMul(descriptors1, descriptors0, { b: true }), k0, 1);
    graph.output('similarities0', best0.values);
    graph.output('indices0', best0.indices);
    graph.output('similarities1', best1.values);
    graph.output('indices1', best1.indices);
    matcher = { session: createSession(encodeModel(graph)), queue: new WorkQueue() };
    matchers.set(key, matcher);
    matcher.session.catch(() => matchers.delete(key));
  }
  return matcher;
}

function emptyNeighbours(count: number, k: number): Neighbours {
  const similarities = new Float32Array(count * k).fill(Number.NEGATIVE_INFINITY);
  return { k, similarities, indices: new Int32Array(count * k).fill(-1) };
}

/** Puts a candidate among the best of descriptor `at`; of equal ones the earlier stays ahead. */
function insert(
  { k, similarities, indices }: Neighbours,
  at: number,
  similarity: number,
  index: number,
): void {
  let slot = k * (at + 1) - 1;
  if (!(similarity > similarities[slot])) return;
  for (; slot > k * at && similarity > similarities[slot - 1]; slot--) {
    similarities[slot] = similarities[slot - 1];
    indices[slot] = indices[slot - 1];
  }
  similarities[slot] = similarity;
  indices[slot] = index;
}

function checkDescriptors(features: Features, name: string): void {
  const { count, descriptorDim, descriptors } = features;
  if (!(descriptorDim > 0)) {
    throw new RangeError(`expected ${name} with descriptors, got none (MagicPoint makes keypoints only)`);
  }
  if (descriptors.length !== count * descriptorDim) {
    throw new RangeError(`expected ${count}x${descriptorDim} values in ${name}, got ${descriptors.length}`);
  }
  for (let i = 0; i < descriptors.length; i++) {
    if (Number.isFinite(descriptors[i])) continue;
    const keypoint = Math.floor(i / descriptorDim);
    throw new RangeError(`expected finite descriptors in ${name}, got ${descriptors[i]} at ${keypoint}`);
  }
}

/**
 * The nearest neighbours of two sets of features in both directions.
 *
 * @param wanted how many of each keypoint; fewer where the other picture has fewer.
 * @param maxBlock how many similarities are in memory at a time.
 * @returns those of the first picture's keypoints, then those of the second's; of equal ones the lowest index.
 * @throws RangeError for features without descriptors, of different lengths or not finite.
 */
export async function nearestNeighbours(
  features0: Features,
  features1: Features,
  wanted = 1,
  maxBlock = MAX_BLOCK,
): Promise<[Neighbours, Neighbours]> {
  checkDescriptors(features0, 'features0');
  checkDescriptors(features1, 'features1');
  const { count: count0, descriptorDim: dim } = features0;
  const { count: count1, descriptorDim: dim1 } = features1;
  if (dim !== dim1) throw new RangeError(`expected descriptors of one length, got ${dim} and ${dim1}`);
  if (count0 === 0 || count1 === 0) return [emptyNeighbours(count0, wanted), emptyNeighbours(count1, wanted)];
  const k0 = Math.min(wanted, count0);
  const k1 = Math.min(wanted, count1);
  const blocks = Math.ceil(count0 / Math.max(2 * wanted, Math.floor(maxBlock / count1)));
  const { session, queue } = matcherFor(dim, k0, k1);
  const neighbours0 = emptyNeighbours(count0, k1);
  const neighbours1 = emptyNeighbours(count1, k0);
  const descriptors1 = tensor(features1.descriptors, [count1, dim]);
  for (let block = 0; block < blocks; block++) {
    // Blocks of nearly equal size: none is left with fewer rows than neighbours are wanted.
    const first = Math.floor((block * count0) / blocks);
    const last = Math.floor(((block + 1) * count0) / blocks);
    const rows = features0.descriptors.subarray(first * dim, last * dim);
    const descriptors0 = tensor(rows, [last - first, dim]);
    const result = await queue.run(async () => (await session).run({ descriptors0, descriptors1 }));
    neighbours0.similarities.set(result.similarities0.data as Float32Array, first * k1);
    neighbours0.indices.set(Int32Array.from(result.indices0.data as BigInt64Array, Number), first * k1);
    const similarities = result.similarities1.data as Float32Array;
    const indices = result.indices1.data as BigInt64Array;
    for (let at = 0; at < count1; at++) {
      for (let from = at * k0; from < (at + 1) * k0; from++) {
        insert(neighbours1, at, similarities[from], first + Number(indices[from]));
      }
    }
  }
  return [neighbours0, neighbours1];
}
