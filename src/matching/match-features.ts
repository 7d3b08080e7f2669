/**
 * Mutual nearest neighbours among descriptors: the similarity matrix and the best of its rows and columns
 * come from one computation graph, block by block so that memory stays bounded.
 */
import type { Features } from '../features/features.js';
import { Graph } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import { matMul, topK } from '../graph/operators.js';
import { createSession, type Session, tensor } from '../graph/session.js';
import { WorkQueue } from '../threads/work-queue.js';
import type { Matches } from './matches.js';

export interface MatchOptions {
  /**
   * Lowe's test: the distance to the nearest neighbour must be below this share of the distance to the
   * second nearest, seen from either picture; in (0, 1]. @default no test
   */
  readonly ratio?: number;
  /**
   * Least cosine of the angle between the descriptors, in [-1, 1]; a limit d on their Euclidean distance
   * is 1 - d² / 2. @default -1, no limit
   */
  readonly minSimilarity?: number;
}

/** Elements of the similarity matrix that are computed at a time: 64 MB. */
const MAX_BLOCK = 2 ** 24;

/** The best `k` neighbours of each of `count` descriptors, best first. */
interface Neighbours {
  readonly k: number;
  readonly similarities: Float32Array;
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

/** The best neighbours in both directions, from blocks of rows of the similarity matrix. */
async function nearestNeighbours(
  features0: Features,
  features1: Features,
  wanted: number,
  maxBlock: number,
): Promise<[Neighbours, Neighbours]> {
  const { count: count0, descriptorDim: dim } = features0;
  const { count: count1 } = features1;
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

/** Lowe's test on unit vectors, whose squared distance is 2 - 2 similarity; one alone passes. */
function passesRatio({ k, similarities }: Neighbours, at: number, ratio: number): boolean {
  if (k < 2) return true;
  const nearest = Math.max(0, 2 - 2 * similarities[k * at]);
  const second = Math.max(0, 2 - 2 * similarities[k * at + 1]);
  return nearest < ratio * ratio * second;
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
 * Matches two sets of features: pairs that are each other's nearest neighbour (§7.3 of DeTone et al. 2018).
 *
 * @param maxBlock how many similarities are in memory at a time.
 * @returns by ascending index in the first set; empty where a set is empty.
 * @throws RangeError for features without descriptors, of different lengths or not finite, or options out
 *   of range.
 */
export async function matchFeatures(
  features0: Features,
  features1: Features,
  options: MatchOptions = {},
  maxBlock = MAX_BLOCK,
): Promise<Matches> {
  const { ratio, minSimilarity = -1 } = options;
  if (ratio !== undefined && !(ratio > 0 && ratio <= 1)) {
    throw new RangeError(`expected ratio in (0, 1], got ${ratio}`);
  }
  if (!(minSimilarity >= -1 && minSimilarity <= 1)) {
    throw new RangeError(`expected minSimilarity in [-1, 1], got ${minSimilarity}`);
  }
  checkDescriptors(features0, 'features0');
  checkDescriptors(features1, 'features1');
  if (features0.descriptorDim !== features1.descriptorDim) {
    throw new RangeError(
      `expected descriptors of one length, got ${features0.descriptorDim} and ${features1.descriptorDim}`,
    );
  }
  const wanted = ratio === undefined ? 1 : 2;
  const isEmpty = features0.count === 0 || features1.count === 0;
  const [neighbours0, neighbours1] = isEmpty
    ? [emptyNeighbours(0, wanted), emptyNeighbours(0, wanted)]
    : await nearestNeighbours(features0, features1, wanted, maxBlock);
  const pairs: number[] = [];
  for (let index0 = 0; index0 * neighbours0.k < neighbours0.indices.length; index0++) {
    const index1 = neighbours0.indices[index0 * neighbours0.k];
    // Rounding may lift the similarity of equal or opposite vectors a hair beyond ±1.
    const similarity = Math.min(1, Math.max(-1, neighbours0.similarities[index0 * neighbours0.k]));
    if (neighbours1.indices[index1 * neighbours1.k] !== index0 || similarity < minSimilarity) continue;
    if (ratio !== undefined) {
      if (!passesRatio(neighbours0, index0, ratio) || !passesRatio(neighbours1, index1, ratio)) continue;
    }
    pairs.push(index0, index1, similarity);
  }
  const count = pairs.length / 3;
  const column = (offset: number) => (_: unknown, m: number) => pairs[3 * m + offset];
  return {
    count,
    indices0: Int32Array.from({ length: count }, column(0)),
    indices1: Int32Array.from({ length: count }, column(1)),
    similarities: Float32Array.from({ length: count }, column(2)),
  };
}
