/**
 * Pairs with known homographies from any photographs: each photograph and seeded random views of it, written
 * in the layout of `sequences.ts`, so that everything that scores sequences, here or elsewhere, scores them.
 * Rotation and scale are swept apart from each other and from everything else. For Node.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../files/atomic-file.js';
import {
  type Homography,
  invertHomography,
  multiplyHomographies,
  translationHomography,
} from '../geometry/homography.js';
import { type HomographySampling, sampleHomography } from '../geometry/sample-homography.js';
import { encodePng, readImage } from '../image/codec.js';
import type { GrayImage } from '../image/image.js';
import { PHOTO_PHOTOMETRY, type Photometry, photometricAugment } from '../image/photometric.js';
import { warpImage } from '../image/warp-image.js';
import { Random } from '../random.js';
import type { Size } from './detection-metrics.js';
import { fitImage, fittedSize } from './fit-image.js';
import { CATEGORIES_FILE } from './sequences.js';

/** Strength of the mixed changes by their name: 0 none, 1 the hardest. */
const SEVERITIES = { mild: 0.25, moderate: 0.5, strong: 0.75, severe: 1 } as const;
/** Turns about the centre, degrees. */
export const ROTATIONS = [15, 30, 45, 60, 90, 120, 150, 180] as const;
/** Factors about the centre: below 1 the second view shows more, smaller. */
export const SCALES = [0.35, 0.5, 0.7, 1.4, 2, 2.8] as const;
/** Longer and shorter side of a view, pixels. */
const [LONGER, SHORTER] = [320, 240];

/** What is written, and what it is made from. */
export interface WarpSettings {
  readonly seed: number;
  /** Photographs taken, chosen by the seed. */
  readonly count: number;
}

/** The folder that holds the pairs. */
export interface WarpSet {
  readonly photos: readonly string[];
  /** Photographs that could not be read, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** One view to make: its category, and how. */
interface View {
  readonly category: string;
  readonly H_1toThis: Homography;
  readonly photometry?: Photometry;
}

/**
 * Writes the pairs below `folder`, or leaves them when they were made from the same.
 *
 * @param photos below `photoFolder`, with forward slashes.
 */
export async function makeWarps(
  photoFolder: string,
  photos: readonly string[],
  folder: string,
  { seed, count }: WarpSettings,
  onPhoto?: (done: number, of: number) => void,
): Promise<WarpSet> {
  const chosen = new Random(seed)
    .fork('photographs')
    .shuffle([...photos].sort())
    .slice(0, count);
  const digests: string[] = [];
  const skipped: { name: string; reason: string }[] = [];
  const readable: string[] = [];
  for (const name of chosen) {
    const bytes = await readFile(join(photoFolder, name));
    digests.push(createHash('sha256').update(bytes).digest('hex'));
  }
  const origin = { seed, chosen, digests, severities: SEVERITIES, rotations: ROTATIONS, scales: SCALES };
  const madeFrom = join(folder, 'warps.json');
  const earlier = await readFile(madeFrom, 'utf8').catch(() => '');
  if (earlier !== '') {
    const { origin: before, set } = JSON.parse(earlier) as { origin: unknown; set: WarpSet };
    if (JSON.stringify(before) === JSON.stringify(origin)) return set;
  }
  const categories: Record<string, string> = {};
  for (const [n, name] of chosen.entries()) {
    try {
      const views = await writeSequence(
        await readImage(join(photoFolder, name)),
        join(folder, slug(name)),
        new Random(seed).fork('views', name),
      );
      for (const [v, { category }] of views.entries()) categories[`${slug(name)}/${v + 2}`] = category;
      readable.push(name);
    } catch (error) {
      skipped.push({ name, reason: error instanceof Error ? error.message.split('\n')[0] : String(error) });
    }
    onPhoto?.(n + 1, chosen.length);
  }
  await writeFileAtomic(join(folder, CATEGORIES_FILE), JSON.stringify(categories, null, 1));
  const set = { photos: readable, skipped };
  await writeFileAtomic(madeFrom, JSON.stringify({ origin, set }, null, 1));
  return set;
}

/** A path as the name of one folder. */
function slug(name: string): string {
  return name.replaceAll('/', '--').replace(/\.\w+$/, '');
}

async function writeSequence(photo: GrayImage, folder: string, random: Random): Promise<View[]> {
  const isPortrait = photo.height > photo.width;
  const fit = {
    kind: 'crop',
    width: isPortrait ? SHORTER : LONGER,
    height: isPortrait ? LONGER : SHORTER,
  } as const;
  const size = { width: fit.width, height: fit.height };
  const { H_originalToFitted } = fittedSize(photo, fit);
  await writePng(join(folder, '1.png'), fitImage(photo, fit));
  const views = viewsOf(size, random);
  for (const [n, { category, H_1toThis, photometry }] of views.entries()) {
    const number = n + 2;
    // From the photograph itself, which shows more and finer than the first view.
    const H = multiplyHomographies(H_1toThis, H_originalToFitted);
    const plain = warpImage(photo, H, size.width, size.height, { border: 'replicate' });
    const view = photometry ? photometricAugment(plain, random.fork('light', category), photometry) : plain;
    await writePng(join(folder, `${number}.png`), view);
    const rows = [0, 3, 6].map((row) => Array.from(H_1toThis.subarray(row, row + 3)).join(' '));
    await writeFileAtomic(join(folder, `H_1_${number}`), `${rows.join('\n')}\n`);
  }
  return views;
}

async function writePng(path: string, image: GrayImage): Promise<void> {
  await writeFileAtomic(path, await encodePng(image));
}

function viewsOf(size: Size, random: Random): View[] {
  const views: View[] = [];
  for (const [category, severity] of Object.entries(SEVERITIES)) {
    views.push({
      category,
      H_1toThis: sampleHomography(random.fork(category), size.width, size.height, mixedChange(severity)),
      photometry: changeOfLight(severity),
    });
  }
  for (const degrees of ROTATIONS) {
    const angle = (random.fork('sense', degrees).uniform() < 0.5 ? -1 : 1) * degrees * (Math.PI / 180);
    views.push({ category: `rotation ${degrees}°`, H_1toThis: aboutCentre(size, 1, angle) });
  }
  for (const scale of SCALES) {
    views.push({ category: `scale ${scale}`, H_1toThis: aboutCentre(size, scale, 0) });
  }
  return views;
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

/** The training's changes of light, from none at 0 to twice as strong at 1. */
function changeOfLight(severity: number): Photometry {
  const { brightness, noise, speckle, shade } = PHOTO_PHOTOMETRY;
  const strength = 2 * severity;
  return {
    brightness: strength * brightness,
    contrast: [1 - 0.6 * severity, 1 + 0.6 * severity],
    noise: [0, strength * noise[1]],
    speckle: [0, strength * speckle[1]],
    shade: { ...shade, transparency: [strength * shade.transparency[0], strength * shade.transparency[1]] },
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
