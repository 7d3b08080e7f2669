/** Pictures of matches for the report: of each sequence the pair of middling difficulty. For Node. */
import { estimateHomography } from '../geometry/estimate-homography.js';
import { drawMatches } from '../image/draw.js';
import { readFittedSequences } from './feature-files.js';
import { fitImage } from './fit-image.js';
import { nearestNeighbours } from './nearest-neighbours.js';
import { encodeWebp } from './picture-file.js';
import type { HomographyTask } from './profiles.js';
import type { Picture } from './report.js';
import type { HomographyScore } from './score-sequences.js';
import { readSequenceImage, type SequenceSet } from './sequences.js';

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
  const shown = set.sequences.filter((_, n) => n % step === 0);
  const pictures: Picture[] = [];
  for await (const { sequence, pictures: fitted } of readFittedSequences(path, shown, task.features)) {
    const own = scores.filter((score) => score.sequence === sequence.name);
    own.sort((a, b) => a.cornerErrors.ours - b.cornerErrors.ours);
    const middle = own[Math.floor(own.length / 2)];
    const second = fitted.find(({ image }) => image.number === middle?.number);
    if (!second) continue;
    const [first] = fitted;
    const { mutual } = await nearestNeighbours(first.features, second.features);
    const { inliers, inlierCount } = estimateHomography(first.features, second.features, mutual, task.robust);
    const [image0, image1] = await Promise.all(
      [first, second].map(async ({ image }) =>
        fitImage(await readSequenceImage(set.folder, image), task.features.fit),
      ),
    );
    const drawing = drawMatches(image0, first.features, image1, second.features, mutual, inliers, {
      scale: DRAWN_SCALE,
    });
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
