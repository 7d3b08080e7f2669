/** Photographs and their labels as the stages of training take them. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { formatLabels, type PhotoLabels, readLabelsFile } from '../adaptation/labels.js';
import { fileDigest, type Origin, originOf, photographsOrigin } from '../files/origin.js';
import { selectPhotographs } from './photo-selection.js';
import { checkDigest, openPhotoStore, type PhotoStore } from './photo-store.js';
import type { Recipe } from './recipe.js';

/** Labelled photographs to train on, and others to look at while training. */
export interface PhotoStores {
  readonly training: PhotoStore;
  readonly heldBack: PhotoStore;
  /** What the photographs and their labels are, by their content, and what made the labels. */
  readonly origins: { readonly photographs: Origin; readonly labels: Origin };
}

/** Photographs read at a time. */
const READ_TOGETHER = 16;

/**
 * Opens the photographs that a labels file names: those that the recipe trains on, and those held back
 * (the same ones for every stage and round; with none held back, the training ones are looked at).
 * @param files only these, in this order; default all that have labels, in the order of the labels.
 * @throws LabelsError for labels that cannot be used, PhotographError for a photograph that is not the one
 *   that was labelled.
 */
export async function openPhotoStores(
  folder: string,
  labelsPath: string,
  recipe: Recipe,
  files?: readonly string[],
): Promise<PhotoStores> {
  const { labels: found, header } = await readLabelsFile(labelsPath);
  const byFile = new Map(found.map((label) => [label.file, label]));
  const labels = files?.flatMap((file) => byFile.get(file) ?? []) ?? found;
  const { stretch } = recipe;
  const selection = selectPhotographs(
    labels.map(({ file }) => file),
    recipe,
  );
  const held = new Set(selection.heldBack);
  const chosen = new Set(selection.training);
  const training = await openPhotoStore(
    folder,
    labels.filter(({ file }) => chosen.has(file)),
    { stretch },
  );
  const heldBack =
    held.size > 0
      ? await openPhotoStore(
          folder,
          labels.filter(({ file }) => held.has(file)),
          { stretch },
        )
      : training;
  const used = labels.filter(({ file }) => chosen.has(file) || held.has(file));
  const origins = {
    photographs: photographsOrigin(await digestsOf(folder, used)),
    labels: labelsOrigin(used, header?.origin),
  };
  return { training, heldBack, origins };
}

async function digestsOf(
  folder: string,
  labels: readonly PhotoLabels[],
): Promise<{ file: string; digest: string }[]> {
  const digests: { file: string; digest: string }[] = [];
  for (let first = 0; first < labels.length; first += READ_TOGETHER) {
    const some = labels.slice(first, first + READ_TOGETHER);
    const read = await Promise.all(some.map(({ file }) => fileDigest(join(folder, file))));
    for (const [n, { file, digest: labelled }] of some.entries()) {
      checkDigest(file, labelled, read[n]);
      digests.push({ file, digest: read[n] });
    }
  }
  return digests;
}

function labelsOrigin(labels: readonly PhotoLabels[], madeBy: Origin | undefined): Origin {
  const hash = createHash('sha256');
  for (const each of labels) hash.update(formatLabels(each));
  const digest = hash.digest('hex').slice(0, 32);
  return originOf('labels', { count: labels.length, digest }, { madeBy });
}
