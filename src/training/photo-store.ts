/**
 * A folder of labelled photographs in memory that all threads share: one grey byte a pixel, decoded when
 * first needed. Photographs beyond the byte limit are decoded at every use. Plain data throughout, so a
 * store can be sent to a worker, which then sees the same memory.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { LabelsError, type PhotoLabels } from '../adaptation/labels.js';
import { fileDigest } from '../files/origin.js';
import { readImage } from '../image/codec.js';
import { type GrayImage, grayImage } from '../image/image.js';

/** Labelled photographs, by index. */
export interface PhotoStore {
  readonly folder: string;
  readonly files: readonly string[];
  /** Digests of the files that were labelled; undefined where the labels do not tell. */
  readonly digests: readonly (string | undefined)[];
  /** Are values spread over black to white? */
  readonly stretch: boolean;
  /** [count] decoded sizes in pixels. */
  readonly widths: Int32Array;
  readonly heights: Int32Array;
  /** [count + 1] where in `points` the labels of a photograph begin, in points. */
  readonly firstPoints: Int32Array;
  /** [points, 3] x, y, score; shared. */
  readonly points: Float32Array;
  /** [count] where in `pixels` a photograph lies; -1 = beyond the limit. */
  readonly offsets: Float64Array;
  /** [count] 1 = decoded; shared. */
  readonly decoded: Int32Array;
  /** The photographs, one byte a pixel; shared. */
  readonly pixels: Uint8Array;
}

export interface PhotoStoreOptions {
  /** Bytes that decoded photographs may take together. @default 2 GiB */
  readonly byteLimit?: number;
  /** Spread each photograph's values over black to white. @default false */
  readonly stretch?: boolean;
}

/** A photograph that is not the one that was labelled. */
export class PhotographError extends Error {
  override name = 'PhotographError';
}

/**
 * Lays out the photographs that labels name. Memory: a byte a pixel (touched as photographs are decoded)
 * and 12 bytes a point.
 *
 * @param folder the folder that the labels' file names are relative to.
 * @throws LabelsError when a photograph is missing, naming the first few, or there are no labels.
 */
export async function openPhotoStore(
  folder: string,
  labels: readonly PhotoLabels[],
  { byteLimit = 2 ** 31, stretch = false }: PhotoStoreOptions = {},
): Promise<PhotoStore> {
  if (labels.length === 0) throw new LabelsError('expected the labels of at least one photograph, got none');
  await requirePhotographs(folder, labels);

  const count = labels.length;
  const firstPoints = new Int32Array(count + 1);
  const offsets = new Float64Array(count);
  let bytes = 0;
  for (const [i, { width, height, scores }] of labels.entries()) {
    firstPoints[i + 1] = firstPoints[i] + scores.length;
    const fits = bytes + width * height <= byteLimit;
    offsets[i] = fits ? bytes : -1;
    if (fits) bytes += width * height;
  }
  const points = new Float32Array(new SharedArrayBuffer(12 * firstPoints[count]));
  for (const [i, { keypoints, scores }] of labels.entries()) {
    for (let k = 0; k < scores.length; k++) {
      points.set([keypoints[2 * k], keypoints[2 * k + 1], scores[k]], 3 * (firstPoints[i] + k));
    }
  }
  return {
    folder,
    files: labels.map(({ file }) => file),
    digests: labels.map(({ digest }) => digest),
    stretch,
    widths: Int32Array.from(labels, ({ width }) => width),
    heights: Int32Array.from(labels, ({ height }) => height),
    firstPoints,
    points,
    offsets,
    decoded: new Int32Array(new SharedArrayBuffer(4 * count)),
    pixels: new Uint8Array(new SharedArrayBuffer(bytes)),
  };
}

/** Throws when labels name photographs that the folder does not hold. */
async function requirePhotographs(folder: string, labels: readonly PhotoLabels[]): Promise<void> {
  const missing: string[] = [];
  for (const { file } of labels) {
    await access(join(folder, file)).catch(() => missing.push(file));
  }
  if (missing.length > 0) {
    const names = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', …' : '');
    throw new LabelsError(
      `the labels name ${missing.length} of ${labels.length} photographs that ${folder} does not hold: ${names}`,
    );
  }
}

/** Bytes of the store when every photograph that fits is decoded. */
export function photoStoreBytes(store: PhotoStore): number {
  return store.pixels.byteLength + store.points.byteLength;
}

/**
 * One photograph, grey, to 8 bits.
 *
 * @throws ImageError when it cannot be decoded, PhotographError when it is not what was labelled.
 */
export async function loadPhoto(store: PhotoStore, index: number): Promise<GrayImage> {
  const width = store.widths[index];
  const height = store.heights[index];
  const offset = store.offsets[index];
  if (offset < 0) return fromBytes(await decodeBytes(store, index), width, height);
  const bytes = store.pixels.subarray(offset, offset + width * height);
  // Two threads may decode the same photograph at once: both write the same bytes.
  if (Atomics.load(store.decoded, index) === 0) {
    bytes.set(await decodeBytes(store, index));
    Atomics.store(store.decoded, index, 1);
  }
  return fromBytes(bytes, width, height);
}

async function decodeBytes(store: PhotoStore, index: number): Promise<Uint8Array> {
  const file = store.files[index];
  const path = join(store.folder, file);
  const image = await readImage(path, { stretch: store.stretch });
  // Behind the reading: a photograph may be edited while a run goes on.
  checkDigest(file, store.digests[index], await fileDigest(path));
  if (image.width !== store.widths[index] || image.height !== store.heights[index]) {
    throw new PhotographError(
      `${file}: expected ${store.widths[index]}x${store.heights[index]} as in its labels, ` +
        `got ${image.width}x${image.height}; label it again`,
    );
  }
  return Uint8Array.from(image.data, (value) => Math.round(255 * value));
}

/** @throws PhotographError where a photograph's file is another one than was labelled. */
export function checkDigest(file: string, labelled: string | undefined, digest: string): void {
  if (labelled !== undefined && labelled !== digest) {
    throw new PhotographError(`${file} has changed since it was labelled; label it again`);
  }
}

function fromBytes(bytes: Uint8Array, width: number, height: number): GrayImage {
  const data = new Float32Array(bytes.length);
  for (let i = 0; i < data.length; i++) data[i] = bytes[i] / 255;
  return grayImage(width, height, data);
}

/** The labels of one photograph whose score is at least `minScore`: [2N] x, y in its pixels. */
export function photoKeypoints(store: PhotoStore, index: number, minScore = 0): number[] {
  const keypoints: number[] = [];
  for (let k = store.firstPoints[index]; k < store.firstPoints[index + 1]; k++) {
    if (store.points[3 * k + 2] >= minScore) keypoints.push(store.points[3 * k], store.points[3 * k + 1]);
  }
  return keypoints;
}
