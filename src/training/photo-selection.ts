/** Which photographs of a folder a recipe trains on, and which it keeps for validation. */
import { join } from 'node:path';
import { readImageSize } from '../image/codec.js';
import { Random } from '../random.js';

/** A choice of photographs, both lists in the order of their names. */
export interface PhotoSelection {
  readonly training: string[];
  readonly heldBack: string[];
}

/**
 * Splits photographs by their names alone: adding or removing a photograph moves no other one from one
 * side to the other, and a larger `maxPhotographs` keeps all that a smaller one chose.
 *
 * @param files paths relative to the folder of photographs.
 * @param heldBack share in [0, 1] that is not trained on.
 * @param maxPhotographs at most so many are trained on; absent for all.
 */
export function selectPhotographs(
  files: readonly string[],
  { heldBack, maxPhotographs = Number.POSITIVE_INFINITY }: { heldBack: number; maxPhotographs?: number },
): PhotoSelection {
  const ranked = files
    .map((file) => ({ file, rank: new Random(file).uniform() }))
    .sort((a, b) => a.rank - b.rank || (a.file < b.file ? -1 : 1));
  const names = (chosen: readonly { file: string }[]) => chosen.map(({ file }) => file).sort();
  const rest = ranked.filter(({ rank }) => rank >= heldBack);
  return {
    training: names(rest.slice(0, maxPhotographs)),
    heldBack: names(ranked.filter(({ rank }) => rank < heldBack)),
  };
}

/**
 * The photographs of at least this size; those that cannot be read stay, for the labelling to report.
 * @param smallest longer and shorter side in pixels; absent for any.
 */
export async function photographsOfSize(
  folder: string,
  files: readonly string[],
  smallest: readonly [longer: number, shorter: number] | undefined,
): Promise<string[]> {
  if (!smallest) return [...files];
  const [longer, shorter] = smallest;
  const kept: string[] = [];
  for (const file of files) {
    const size = await readImageSize(join(folder, file)).catch(() => undefined);
    const fits =
      !size || (Math.max(size.width, size.height) >= longer && Math.min(size.width, size.height) >= shorter);
    if (fits) kept.push(file);
  }
  return kept;
}
