/**
 * Detectors on Synthetic Shapes (§4.4 of DeTone et al. 2018): clean, with the training's changes of light,
 * and with noise swept from none to nothing else, by kind of shape.
 */

import { type GrayImage, grayImage } from '../../image/image.js';
import { photometricAugment, SYNTHETIC_PHOTOMETRY } from '../../image/photometric.js';
import { countProgress, type OnProgress } from '../../progress.js';
import { Random } from '../../random.js';
import { SHAPE_KINDS, type ShapeKind, type SyntheticSample } from '../../synthetic/sample.js';
import { renderShape } from '../../synthetic/synthesize.js';
import { bootstrap, type Interval, meanOf } from '../metrics/bootstrap.js';
import {
  detectionError,
  type JudgedPicture,
  judgeDetections,
  rankDetections,
  rankingCurve,
  rankingPrecision,
} from '../metrics/synthetic-metrics.js';
import type { ExtractionSettings, Method } from '../rivals/method.js';

/** The protocol. */
export interface SyntheticProtocol extends ExtractionSettings {
  readonly width: number;
  readonly height: number;
  /** Pictures of `clean` and of `noisy`. */
  readonly count: number;
  /** Pictures of each level of the sweep. */
  readonly sweepCount: number;
  /** Largest distance of a correct detection, pixels. */
  readonly epsilon: number;
  /** Noise: 0 the clean picture, 1 the noisy one, 2 nothing but noise; straight mixtures between. */
  readonly levels: readonly number[];
  readonly seed: number;
}

/** 120x160, 500 pictures, 4 pixels: as the published figures beside ours. */
export const SYNTHETIC_PROTOCOL: SyntheticProtocol = {
  width: 160,
  height: 120,
  count: 500,
  sweepCount: 180,
  epsilon: 4,
  levels: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2],
  seed: 0,
  maxKeypoints: 300,
  nmsRadius: 4,
  detectionThreshold: 0.001,
};

/** The figures of some pictures. */
export interface SyntheticFigures {
  readonly averagePrecision: Interval;
  readonly localisationError: Interval;
}

/** The figures of one method. */
export interface SyntheticRow {
  readonly name: string;
  readonly settings: Method['settings'];
  readonly clean: SyntheticFigures;
  readonly noisy: SyntheticFigures;
  /** By kind; kinds without corners have none, their detections count in the totals. */
  readonly kinds: Readonly<Partial<Record<ShapeKind, { clean: SyntheticFigures; noisy: SyntheticFigures }>>>;
  /** Precision and recall of `clean`, thinned out for a plot. */
  readonly curves: {
    readonly clean: readonly [number, number][];
    readonly noisy: readonly [number, number][];
  };
  /** One for each level. */
  readonly sweep: readonly { readonly level: number; readonly averagePrecision: number }[];
  readonly secondsPerPicture: number;
}

/** The comparison on Synthetic Shapes. */
export interface SyntheticEvaluation {
  readonly protocol: SyntheticProtocol;
  readonly rows: readonly SyntheticRow[];
}

/** Picture `index` of the protocol, all kinds in turn, and its noisy version. */
export function protocolSample(
  { seed, width, height }: SyntheticProtocol,
  index: number,
): { sample: SyntheticSample; noisy: GrayImage } {
  const kind = SHAPE_KINDS[index % SHAPE_KINDS.length];
  const sample = renderShape(`evaluation-${seed}`, index, { width, height, kind });
  const random = new Random(seed).fork('evaluation-noise', index);
  return { sample, noisy: photometricAugment(sample.image, random, SYNTHETIC_PHOTOMETRY) };
}

/** The picture at a level of the sweep. */
export function noiseLevel(clean: GrayImage, noisy: GrayImage, level: number, random: Random): GrayImage {
  const mixture = grayImage(clean.width, clean.height);
  for (let n = 0; n < mixture.data.length; n++) {
    mixture.data[n] =
      level <= 1
        ? (1 - level) * clean.data[n] + level * noisy.data[n]
        : (2 - level) * noisy.data[n] + (level - 1) * random.uniform();
  }
  return mixture;
}

/** Compares detectors; one picture at a time is held. */
export async function evaluateSynthetic(
  protocol: SyntheticProtocol,
  methods: readonly Method[],
  onProgress?: OnProgress,
): Promise<SyntheticEvaluation> {
  const rows: SyntheticRow[] = [];
  for (const method of methods) rows.push(await evaluateMethod(protocol, method, onProgress));
  return { protocol, rows };
}

async function evaluateMethod(
  protocol: SyntheticProtocol,
  method: Method,
  onProgress?: OnProgress,
): Promise<SyntheticRow> {
  const { count, sweepCount, levels, epsilon, seed } = protocol;
  let seconds = 0;
  let pictures = 0;
  const judge = async (image: GrayImage, sample: SyntheticSample, key: string) => {
    const began = performance.now();
    const { keypoints, scores } = await method.extract(image, protocol, key);
    seconds += (performance.now() - began) / 1000;
    pictures++;
    return judgeDetections(keypoints, scores, sample.keypoints, epsilon);
  };
  const kinds: ShapeKind[] = [];
  const clean: JudgedPicture[] = [];
  const noisy: JudgedPicture[] = [];
  const sweep: JudgedPicture[][] = levels.map(() => []);
  const samples = Math.max(count, sweepCount);
  const next = countProgress(onProgress, `${method.name}, shapes`, { of: samples });
  for (let index = 0; index < samples; index++) {
    const { sample, noisy: noisyImage } = protocolSample(protocol, index);
    if (index < count) {
      kinds.push(sample.kind);
      clean.push(await judge(sample.image, sample, `clean-${index}`));
      noisy.push(await judge(noisyImage, sample, `noisy-${index}`));
    }
    for (const [n, level] of (index < sweepCount ? levels : []).entries()) {
      const random = new Random(seed).fork('evaluation-sweep', index);
      const image = noiseLevel(sample.image, noisyImage, level, random);
      sweep[n].push(await judge(image, sample, `level-${level}-${index}`));
    }
    next();
  }
  const figuresByKind: Partial<Record<ShapeKind, { clean: SyntheticFigures; noisy: SyntheticFigures }>> = {};
  for (const kind of SHAPE_KINDS) {
    const ofKind = (_: JudgedPicture, index: number) => kinds[index] === kind;
    if (!clean.filter(ofKind).some(({ corners }) => corners > 0)) continue;
    figuresByKind[kind] = { clean: figuresOf(clean.filter(ofKind)), noisy: figuresOf(noisy.filter(ofKind)) };
  }
  return {
    name: method.name,
    settings: method.settings,
    clean: figuresOf(clean),
    noisy: figuresOf(noisy),
    kinds: figuresByKind,
    curves: { clean: thinCurve(clean), noisy: thinCurve(noisy) },
    sweep: levels.map((level, n) => ({
      level,
      averagePrecision: averagePrecision(sweep[n]),
    })),
    secondsPerPicture: seconds / pictures,
  };
}

function figuresOf(pictures: readonly JudgedPicture[]): SyntheticFigures {
  const ranking = rankDetections(pictures);
  const errors = pictures.map((picture) => detectionError([picture]));
  const indices = pictures.map((_, index) => index);
  return {
    averagePrecision: bootstrap(indices, (sample) => {
      const times = new Uint32Array(pictures.length);
      for (const index of sample) times[index]++;
      return rankingPrecision(ranking, times);
    }),
    localisationError: bootstrap(indices, (sample) => meanOf(sample.map((index) => errors[index]))),
  };
}

function averagePrecision(pictures: readonly JudgedPicture[]): number {
  return rankingPrecision(rankDetections(pictures), new Uint8Array(pictures.length).fill(1));
}

const CURVE_POINTS = 100;

/** Recall and precision at evenly spaced recalls. */
function thinCurve(pictures: readonly JudgedPicture[]): [number, number][] {
  const curve = rankingCurve(rankDetections(pictures));
  const thin: [number, number][] = [];
  for (const { recall, precision } of curve) {
    const last = thin.at(-1);
    if (!last || recall - last[0] >= 1 / CURVE_POINTS) thin.push([recall, precision]);
  }
  return thin;
}
