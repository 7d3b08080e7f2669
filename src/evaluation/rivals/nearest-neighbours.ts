/**
 * Nearest neighbours by Euclidean distance between descriptors of any length and norm, ours and those of
 * other extractors. Binary descriptors come as rows of ±1: their squared distance is four times the number
 * of different bits, so the order is Hamming's.
 */
import type { Features } from '../../features/features.js';
import { Graph } from '../../graph/graph.js';
import { encodeModel } from '../../graph/onnx.js';
import { matMul } from '../../graph/operators.js';
import { createSession, type Session, tensor } from '../../graph/session.js';
import type { Matches } from '../../matching/matches.js';

/** What the descriptors say about a pair of pictures with N and M keypoints. */
export interface NearestNeighbours {
  /** [N] the keypoint of picture 1 nearest to each of picture 0 (lowest index of equals), -1 if M = 0. */
  readonly nearest0: Int32Array;
  /** [N] the distance to it. */
  readonly distances0: Float32Array;
  /** Pairs that are each other's nearest, by index in picture 0. */
  readonly mutual: Matches;
}

let product: Promise<Session> | undefined;

/** One session for all sizes: [N, D] times [M, D] transposed. */
function productSession(): Promise<Session> {
  if (!product) {
    const graph = new Graph('descriptor-products');
    const a = graph.input('a', 'float32', ['N', 'D']);
    const b = graph.input('b', 'float32', ['M', 'D']);
    graph.output('products', matMul(a, b, { b: true }));
    product = createSession(encodeModel(graph));
  }
  return product;
}

function squaredNorms({ count, descriptors, descriptorDim }: Features): Float64Array {
  const norms = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    for (let d = n * descriptorDim; d < (n + 1) * descriptorDim; d++) norms[n] += descriptors[d] ** 2;
  }
  return norms;
}

/**
 * Nearest neighbours of two pictures in both directions.
 * @throws RangeError when the two have descriptors of different lengths, or none.
 */
export async function nearestNeighbours(
  features0: Features,
  features1: Features,
): Promise<NearestNeighbours> {
  const dim = features0.descriptorDim;
  const [n, m] = [features0.count, features1.count];
  // A picture without points has no descriptors either, of whatever length.
  if (n > 0 && m > 0 && (dim !== features1.descriptorDim || dim === 0)) {
    throw new RangeError(
      `expected descriptors of one length in both pictures, got ${dim} and ${features1.descriptorDim}`,
    );
  }
  const nearest0 = new Int32Array(n).fill(-1);
  const squared0 = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const nearest1 = new Int32Array(m).fill(-1);
  const squared1 = new Float64Array(m).fill(Number.POSITIVE_INFINITY);
  if (n > 0 && m > 0) {
    const session = await productSession();
    const { products } = await session.run({
      a: tensor(features0.descriptors, [n, dim]),
      b: tensor(features1.descriptors, [m, dim]),
    });
    const norms0 = squaredNorms(features0);
    const norms1 = squaredNorms(features1);
    for (let i = 0, at = 0; i < n; i++) {
      for (let j = 0; j < m; j++, at++) {
        const squared = norms0[i] + norms1[j] - 2 * Number(products.data[at]);
        if (squared < squared0[i]) {
          squared0[i] = squared;
          nearest0[i] = j;
        }
        if (squared < squared1[j]) {
          squared1[j] = squared;
          nearest1[j] = i;
        }
      }
    }
  }
  return {
    nearest0,
    distances0: Float32Array.from(squared0, (squared) => Math.sqrt(Math.max(0, squared))),
    mutual: mutualMatches(nearest0, nearest1, squared0),
  };
}

function mutualMatches(nearest0: Int32Array, nearest1: Int32Array, squared0: Float64Array): Matches {
  const indices0: number[] = [];
  for (const [i, j] of nearest0.entries()) if (j >= 0 && nearest1[j] === i) indices0.push(i);
  return {
    count: indices0.length,
    indices0: Int32Array.from(indices0),
    indices1: Int32Array.from(indices0, (i) => nearest0[i]),
    // The cosine where the descriptors have length 1, else a number that still falls with distance.
    similarities: Float32Array.from(indices0, (i) => 1 - squared0[i] / 2),
  };
}
