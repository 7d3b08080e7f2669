/**
 * Nearest neighbours among descriptors: the similarity matrix and the best of its rows and columns come from
 * one computation graph, block by block so that memory stays bounded.
 */
import type { Features } from '../features/features.js';
import { Graph } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import { matMul, topK } from '../graph/operators.js';
import { createSession, type Session, tensor } from '../graph/session.js';
import { WorkQueue } from '../threads/work-queue.js';

/** Elements of the similarity matrix that are computed at a time: 64 MB. */
const MAX_BLOCK = 2 ** 24;

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

/** The graph for descriptors of length `dim`; it finds `k0` best rows per column and `k1` columns per row. */
function matcherFor(dim: number, k0: number, k1: number): Matcher {
  const key = `${dim} ${k0} ${k1}`;
  let matcher = matchers.get(key);
  if (!matcher) {
    const graph = new Graph('matching');
    const descriptors0 = graph.input('descriptors0', 'float32', ['count0', dim]);
    const descriptors1 = graph.input('descriptors1', 'float32', ['count1', dim]);
    const similarity = matMul(descriptors0, descriptors1, { b: true });
    const rows = topK(similarity, k1, 1);
    const columns = topK(similarity, k0, 0);
    graph.output('similarities0', rows.values);
    graph.output('indices0', rows.indices);
    graph.output('similarities1', columns.values);
    graph.output('indices1', columns.indices);
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
  const broken = descriptors.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    const keypoint = Math.floor(broken / descriptorDim);
    throw new RangeError(`expected finite descriptors in ${name}, got ${descriptors[broken]} at ${keypoint}`);
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
    for (let rank = 0; rank < k0; rank++) {
      for (let column = 0; column < count1; column++) {
        const from = rank * count1 + column;
        insert(neighbours1, column, similarities[from], first + Number(indices[from]));
      }
    }
  }
  return [neighbours0, neighbours1];
}
