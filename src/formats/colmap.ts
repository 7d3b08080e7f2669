/**
 * Text files that COLMAP imports (`feature_importer`, `matches_importer --match_type raw`). COLMAP counts
 * from the top-left corner of the top-left pixel, so its coordinates are ours plus one half.
 * https://colmap.github.io/tutorial.html
 */
import type { Features } from '../features/features.js';
import type { Matches } from '../matching/matches.js';

/** COLMAP takes descriptors of exactly 128 bytes; ours do not fit, and matches are imported instead. */
const COLMAP_DESCRIPTOR = ' 0'.repeat(128);

/**
 * The text of `<image file name>.txt`: a line `N 128`, then per keypoint `x y scale orientation` and a
 * descriptor of zeros. Import matches with `colmapMatchesText`, do not let COLMAP match these descriptors.
 */
export function colmapKeypointsText({ count, keypoints }: Features): string {
  const lines = [`${count} 128`];
  for (let i = 0; i < count; i++) {
    lines.push(`${keypoints[2 * i] + 0.5} ${keypoints[2 * i + 1] + 0.5} 1 0${COLMAP_DESCRIPTOR}`);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * One pair's part of a raw match list: the two names, a line `index0 index1` per match, and an empty line
 * that ends the pair. The parts of all pairs, one after the other, are the file.
 *
 * @throws RangeError when a name holds white space, which COLMAP's format cannot express.
 */
export function colmapMatchesText(name0: string, name1: string, matches: Matches): string {
  for (const name of [name0, name1]) {
    if (name === '' || /\s/.test(name)) {
      throw new RangeError(`COLMAP's match list cannot hold the image name "${name}": it has white space`);
    }
  }
  const lines = [`${name0} ${name1}`];
  for (let i = 0; i < matches.count; i++) lines.push(`${matches.indices0[i]} ${matches.indices1[i]}`);
  return `${lines.join('\n')}\n\n`;
}
