/**
 * Detections against known corners (§4.4 of DeTone et al. 2018): each detection, best first, claims the
 * nearest corner within ε that no better one has; average precision over all detections of a set of pictures
 * ranked together, and the mean distance of the correct ones.
 */
import { meanOf } from './bootstrap.js';

/** A point of a precision-recall curve. */
export interface PrecisionRecall {
  readonly precision: number;
  readonly recall: number;
}

/** The detections of one picture, judged. */
export interface JudgedPicture {
  /** Corners there were to find. */
  readonly corners: number;
  /** By descending score. */
  readonly scores: Float32Array;
  /** Distance in pixels to the corner claimed; NaN for a false detection. */
  readonly distances: Float32Array;
}

/**
 * Judges the detections of one picture.
 * @param keypoints [N, 2] by descending score. @param corners [M, 2].
 * @param epsilon largest distance of a correct detection, pixels; exactly ε counts.
 */
export function judgeDetections(
  keypoints: ArrayLike<number>,
  scores: Float32Array,
  corners: ArrayLike<number>,
  epsilon: number,
): JudgedPicture {
  const count = corners.length / 2;
  const claimed = new Uint8Array(count);
  const distances = new Float32Array(scores.length).fill(Number.NaN);
  for (let n = 0; n < scores.length; n++) {
    let nearest = -1;
    let smallest = epsilon;
    for (let m = 0; m < count; m++) {
      if (claimed[m]) continue;
      const dx = keypoints[2 * n] - corners[2 * m];
      const dy = keypoints[2 * n + 1] - corners[2 * m + 1];
      const distance = Math.hypot(dx, dy);
      if (distance < smallest || (distance === smallest && nearest < 0)) {
        smallest = distance;
        nearest = m;
      }
    }
    if (nearest < 0) continue;
    claimed[nearest] = 1;
    distances[n] = smallest;
  }
  return { corners: count, scores: scores.slice(), distances };
}

/** All detections of a set of pictures in one ranking. */
export interface RankedDetections {
  /** [N] by descending score: the picture of each, and whether it is correct. */
  readonly pictures: Uint32Array;
  readonly correct: Uint8Array;
  /** Corners of each picture. */
  readonly corners: readonly number[];
}

/** Ranks the detections of all pictures together. */
export function rankDetections(pictures: readonly JudgedPicture[]): RankedDetections {
  const detections = pictures.flatMap(({ scores, distances }, picture) =>
    Array.from(scores, (score, n) => ({ score, picture, correct: Number.isNaN(distances[n]) ? 0 : 1 })),
  );
  detections.sort((a, b) => b.score - a.score);
  return {
    pictures: Uint32Array.from(detections, ({ picture }) => picture),
    correct: Uint8Array.from(detections, ({ correct }) => correct),
    corners: pictures.map(({ corners }) => corners),
  };
}

/**
 * Average precision under the envelope of a ranking, for pictures that may count several times or not at
 * all: what resampling the pictures needs, without ranking again.
 * @param times how often each picture counts. @returns NaN when the pictures have no corners.
 */
export function rankingPrecision(ranking: RankedDetections, times: ArrayLike<number>): number {
  const { pictures, correct, corners } = ranking;
  const positives = corners.reduce((sum, count, picture) => sum + count * times[picture], 0);
  const precisions = new Float64Array(pictures.length);
  let found = 0;
  let seen = 0;
  for (let n = 0; n < pictures.length; n++) {
    seen += times[pictures[n]];
    found += correct[n] * times[pictures[n]];
    precisions[n] = seen === 0 ? 0 : found / seen;
  }
  let area = 0;
  let best = 0;
  for (let n = pictures.length - 1; n >= 0; n--) {
    best = Math.max(best, precisions[n]);
    area += best * correct[n] * times[pictures[n]];
  }
  return area / positives;
}

/** Precision against recall of a ranking with every picture once. */
export function rankingCurve({ correct, corners }: RankedDetections): PrecisionRecall[] {
  const positives = corners.reduce((sum, count) => sum + count, 0);
  let found = 0;
  return Array.from(correct, (isCorrect, n) => {
    found += isCorrect;
    return { precision: found / (n + 1), recall: found / positives };
  });
}

/** Mean over the pictures of the mean distance of their correct detections, pixels; NaN without any. */
export function detectionError(pictures: readonly JudgedPicture[]): number {
  return meanOf(pictures.map(({ distances }) => meanOf(Array.from(distances))));
}
