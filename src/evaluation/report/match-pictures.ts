/** Pictures of matches for the report: of each sequence the pair of middling difficulty. For Node. */

import { drawMatches } from '../../drawing/draw.js';
import { estimateHomography } from '../../geometry/estimate-homography.js';
import { encodeWebp } from '../../image/lossy.js';
import type { Matches } from '../../matching/matches.js';
import { matchErrors } from '../metrics/matching-metrics.js';
import { readFittedSequences } from '../protocols/feature-files.js';
import { fitImage, fittedHomography } from '../protocols/fit-image.js';
import type { HomographyTask } from '../protocols/profiles.js';
import type { HomographyScore } from '../protocols/score-sequences.js';
import { readSequenceImage, type SequenceSet } from '../protocols/sequences.js';
import { matchPair } from '../rivals/match-pair.js';
import type { Picture } from './report.js';

/** Matches drawn at most of those that agree, and of those that do not. */
export const SHOWN_MATCHES = 120;
/** Sequences that are shown at most. */
const MOST_PICTURES = 8;
const DRAWN_SCALE = 0.75;

/**
 * One picture for each of up to eight sequences.
 * @param path the file of features that `scores` come from.
 */
export async function matchPictures(
  set: SequenceSet,
  path: string,
  task: HomographyTask,
  scores: readonly HomographyScore[],
): Promise<Picture[]> {
  const step = Math.max(1, Math.ceil(set.sequences.length / MOST_PICTURES));
  const sequences = set.sequences.filter((_, n) => n % step === 0);
  const pictures: Picture[] = [];
  for await (const { sequence, pictures: fitted } of readFittedSequences(path, sequences, task.features)) {
    const own = scores.filter((score) => score.sequence === sequence.name);
    own.sort((a, b) => a.cornerErrors.ours - b.cornerErrors.ours);
    const middle = own[Math.floor(own.length / 2)];
    const second = fitted.find(({ image }) => image.number === middle?.number);
    if (!second) continue;
    const [first] = fitted;
    const { mutual } = await matchPair(first.features, second.features);
    const { inliers, inlierCount } = estimateHomography(first.features, second.features, mutual, task.robust);
    const [image0, image1] = await Promise.all(
      [first, second].map(async ({ image }) =>
        fitImage(await readSequenceImage(set.folder, image), task.features.fit),
      ),
    );
    const H_0to1 = fittedHomography(second.image.H_1toThis, first.fitted, second.fitted);
    const errors = matchErrors(first.features, second.features, mutual.indices0, mutual.indices1, H_0to1);
    const shown = thinned(mutual, inliers, errors, task.matchEpsilon);
    const drawing = drawMatches(
      image0,
      first.features,
      image1,
      second.features,
      shown.matches,
      shown.inliers,
      { scale: DRAWN_SCALE },
    );
    const error = middle.cornerErrors.ours;
    const outcome = Number.isFinite(error) ? `corner error ${error.toFixed(2)} px` : 'no homography';
    pictures.push({
      caption: `${sequence.name} 1–${middle.number}: ${inlierCount} of ${mutual.count} matches agree, ${outcome}`,
      bytes: await encodeWebp(drawing),
      type: 'image/webp',
    });
  }
  return pictures;
}

/** Evenly chosen matches, with similarities that the drawing colours green where the truth agrees, else red. */
function thinned(
  { indices0, indices1 }: Matches,
  inliers: Uint8Array,
  errors: Float64Array,
  epsilon: number,
): { matches: Matches; inliers: Uint8Array } {
  const chosen = [0, 1].flatMap((value) => {
    const own = Array.from(inliers.keys()).filter((n) => inliers[n] === value);
    const step = Math.max(1, own.length / SHOWN_MATCHES);
    return Array.from({ length: Math.min(own.length, SHOWN_MATCHES) }, (_, n) => own[Math.floor(n * step)]);
  });
  return {
    matches: {
      count: chosen.length,
      indices0: Int32Array.from(chosen, (n) => indices0[n]),
      indices1: Int32Array.from(chosen, (n) => indices1[n]),
      similarities: Float32Array.from(chosen, (n) => (errors[n] <= epsilon ? 1 : 0)),
    },
    inliers: Uint8Array.from(chosen, (n) => inliers[n]),
  };
}
