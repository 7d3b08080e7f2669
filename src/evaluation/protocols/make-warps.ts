/**
 * Pairs with known homographies from any photographs: each photograph and seeded random views of it, written
 * in the layout of `sequences.ts`, so that everything that scores sequences, here or elsewhere, scores them.
 * Each kind of change is swept apart from all others. For Node.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../files/atomic-file.js';
import { fileDigest, keptUnless, originOf, photographsOrigin } from '../../files/origin.js';
import {
  type Homography,
  invertHomography,
  multiplyHomographies,
  translationHomography,
} from '../../geometry/homography.js';
import { type HomographySampling, sampleHomography } from '../../geometry/sample-homography.js';
import { encodePng, readImage } from '../../image/codec.js';
import type { GrayImage } from '../../image/image.js';
import { type Photometry, photometricAugment } from '../../image/photometric.js';
import { warpImage } from '../../image/warp-image.js';
import { countProgress, type OnProgress } from '../../progress.js';
import { Random } from '../../random.js';
import type { Size } from '../metrics/detection-metrics.js';
import { type Change, KINDS, type Kind, SWEEPS, severityName } from './category.js';
import { changePicture, isPictureChange } from './change-picture.js';
import { fitImage, fittedSize } from './fit-image.js';
import { longSide } from './profiles.js';
import { CATEGORIES_FILE } from './sequences.js';

/** What is written, and what it is made from. */
export interface WarpSettings {
  readonly seed: number;
  /** Photographs taken, chosen by the seed. */
  readonly count: number;
  /** Kinds of change to sweep. */
  readonly kinds: readonly Kind[];
  /** Shorter side of a view, pixels; smaller photographs are enlarged. @default 240 */
  readonly shortSide?: number;
  /** Spread each photograph's values over black to white. @default false */
  readonly stretch?: boolean;
}

/** The folder that holds the pairs. */
export interface WarpSet {
  readonly photos: readonly string[];
  /** Photographs that could not be read, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Writes the pairs below `folder` in place of those of an earlier call, or leaves them when they were made
 * from the same.
 *
 * @param photos below `photoFolder`, with forward slashes.
 */
export async function makeWarps(
  photoFolder: string,
  photos: readonly string[],
  folder: string,
  { seed, count, kinds, shortSide = 240, stretch = false }: WarpSettings,
  onProgress?: OnProgress,
): Promise<WarpSet> {
  const chosen = new Random(seed)
    .fork('photographs')
    .shuffle([...photos].sort())
    .slice(0, count);
  const changes = KINDS.filter((kind) => kinds.includes(kind)).flatMap(
    (kind): readonly Change[] => SWEEPS[kind].steps,
  );
  const photographs: { file: string; digest: string }[] = [];
  for (const file of chosen) photographs.push({ file, digest: await fileDigest(join(photoFolder, file)) });
  const reading = stretch ? { stretch } : {};
  const settings = { seed, changes: changes.map((change) => ({ ...change })), shortSide, ...reading };
  const origin = originOf('warps', settings, { photographs: photographsOrigin(photographs) });
  return keptUnless(folder, origin, async (isThere) => {
    if (isThere) await rm(folder, { recursive: true });
    return writeWarps(photoFolder, chosen, folder, { changes, shortSide, seed, stretch }, onProgress);
  });
}

/** What is done to each photograph. */
interface ViewChanges {
  readonly changes: readonly Change[];
}

async function writeWarps(
  photoFolder: string,
  chosen: readonly string[],
  folder: string,
  { changes, shortSide, seed, stretch }: Required<Omit<WarpSettings, 'count' | 'kinds'>> & ViewChanges,
  onProgress?: OnProgress,
): Promise<WarpSet> {
  const skipped: { name: string; reason: string }[] = [];
  const readable: string[] = [];
  const next = countProgress(onProgress, 'pairs', { of: chosen.length });
  const categories: Record<string, Change> = {};
  for (const name of chosen) {
    const sequence = folderOf(name, chosen);
    try {
      await writeSequence(
        await readImage(join(photoFolder, name), { stretch }),
        join(folder, sequence),
        changes,
        shortSide,
        new Random(seed).fork('views', name),
      );
      for (const [n, change] of changes.entries()) categories[`${sequence}/${n + 2}`] = change;
      readable.push(name);
    } catch (error) {
      skipped.push({ name, reason: error instanceof Error ? error.message.split('\n')[0] : String(error) });
    }
    next();
  }
  await writeFileAtomic(join(folder, CATEGORIES_FILE), JSON.stringify(categories, null, 1));
  return { photos: readable, skipped };
}

/** A path as the name of one folder; photographs that would share it are told apart by their place in the list. */
function folderOf(name: string, all: readonly string[]): string {
  const slug = (path: string) => path.replaceAll('/', '--').replace(/\.\w+$/, '');
  const isShared = all.some((other) => other !== name && slug(other) === slug(name));
  return isShared ? `${slug(name)}-${all.indexOf(name) + 1}` : slug(name);
}

async function writeSequence(
  photo: GrayImage,
  folder: string,
  changes: readonly Change[],
  shortSide: number,
  random: Random,
): Promise<void> {
  const isPortrait = photo.height > photo.width;
  const fit = {
    kind: 'crop',
    width: isPortrait ? shortSide : longSide(shortSide),
    height: isPortrait ? longSide(shortSide) : shortSide,
  } as const;
  const { H_originalToFitted } = fittedSize(photo, fit);
  await writePng(join(folder, '1.png'), fitImage(photo, fit));
  for (const [n, change] of changes.entries()) {
    const number = n + 2;
    const H_1toThis = viewpoint(change, fit, random);
    // From the photograph itself, which shows more and finer than the first view.
    const H = multiplyHomographies(H_1toThis, H_originalToFitted);
    const plain = warpImage(photo, H, fit.width, fit.height, { border: 'replicate' });
    await writePng(join(folder, `${number}.png`), await changedLight(plain, change, random));
    const rows = [0, 3, 6].map((row) => Array.from(H_1toThis.subarray(row, row + 3)).join(' '));
    await writeFileAtomic(join(folder, `H_1_${number}`), `${rows.join('\n')}\n`);
  }
}

async function writePng(path: string, image: GrayImage): Promise<void> {
  await writeFileAtomic(path, await encodePng(image));
}

/** How hard the small change of view is that goes with each change of the picture. */
const SMALL_VIEW = 0.25;

/** From the first view to this one. Whatever changes the picture alone has one and the same small change. */
function viewpoint(change: Change, size: Size, random: Random): Homography {
  switch (change.kind) {
    case 'mixed': {
      const { severity } = change;
      const draws = random.fork(severityName(severity));
      return sampleHomography(draws, size.width, size.height, mixedChange(severity));
    }
    case 'rotation': {
      const sense = random.fork('sense', change.degrees).uniform() < 0.5 ? -1 : 1;
      return aboutCentre(size, 1, sense * change.degrees * (Math.PI / 180));
    }
    case 'scale':
      return aboutCentre(size, change.factor, 0);
    default:
      return sampleHomography(random.fork('view'), size.width, size.height, mixedChange(SMALL_VIEW));
  }
}

async function changedLight(view: GrayImage, change: Change, random: Random): Promise<GrayImage> {
  if (change.kind === 'mixed') {
    const { severity } = change;
    return photometricAugment(view, random.fork('light', severityName(severity)), changeOfLight(severity));
  }
  return isPictureChange(change) ? changePicture(view, change, random.fork(change.kind)) : view;
}

function mixedChange(severity: number): HomographySampling {
  return {
    patchRatio: 1 - 0.2 * severity,
    perspective: 0.4 * severity,
    scaling: [2 ** -severity, 2 ** severity],
    rotation: (severity * Math.PI) / 4,
    translation: severity,
    translationOverflow: 0.1 * severity,
    allowArtifacts: true,
  };
}

/**
 * Changes of light, from none at 0 to the hardest at 1; in numbers of their own, so that what is measured stays
 * the same whatever the training does.
 */
function changeOfLight(severity: number): Photometry {
  const strength = 2 * severity;
  return {
    brightness: (strength * 50) / 255,
    contrast: [1 - 0.6 * severity, 1 + 0.6 * severity],
    noise: [0, (strength * 10) / 255],
    speckle: [0, strength * 0.0035],
    shade: { ellipses: 20, transparency: [-0.5 * strength, 0.5 * strength], blur: [100, 150] },
    motionBlur: 1 + 2 * Math.round(strength),
  };
}

/** Scaling and turning about the centre of the picture. */
function aboutCentre({ width, height }: Size, scale: number, angle: number): Homography {
  const [x, y] = [(width - 1) / 2, (height - 1) / 2];
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const H_toCentre = translationHomography(-x, -y);
  const turn = Float64Array.of(cos, -sin, 0, sin, cos, 0, 0, 0, 1);
  return multiplyHomographies(invertHomography(H_toCentre), multiplyHomographies(turn, H_toCentre));
}
