/**
 * The worker of Learn: trains MagicPoint and looks at how it does, adapts it to a photograph, and trains detector
 * and descriptor together on what came of that.
 */
import { MODELS } from 'virtual:shipped';
import { encodeSafetensors } from '../../src/files/safetensors.js';
import type { GrayImage } from '../../src/image/image.js';
import { fitWithin } from '../../src/image/resize.js';
import type { Progress } from '../../src/progress.js';
import { openPicture } from '../engine/pictures.js';
import { serve } from '../engine/rpc.js';
import { fetchBytes, startRuntime } from '../engine/runtime.js';
import { type AdaptationReport, Adapter } from './adapter.js';
import { JointTrainer } from './joint-trainer.js';
import { type Look, look } from './look.js';
import type { LearnSettings } from './settings.js';
import { Trainer } from './trainer.js';

/** A step that has been made. */
export interface StepReport {
  readonly step: number;
  /** Before the step. */
  readonly loss: number;
  /** [batch, height, width], what it learned from. */
  readonly images: Float32Array;
}

/** A step of the joint training. */
export interface JointReport extends StepReport {
  /** Share of the points whose descriptors find each other. */
  readonly matched: number;
}

/** Which detector adapts a photograph: the one trained here, or the shipped MagicPoint. */
export type Detector = 'trained' | 'shipped';

/** Longest side of an adapted photograph. */
const PHOTO_SIZE = 320;

let hasRuntime = false;
let trainer: Trainer | undefined;
let adapter: Adapter | undefined;
let photo: GrayImage | undefined;
let labels = new Float32Array();
let joint: JointTrainer | undefined;

function ready<Part>(part: Part | undefined, what: string): Part {
  if (!part) throw new Error(`expected ${what}`);
  return part;
}

async function start(): Promise<void> {
  if (!hasRuntime) await startRuntime('wasm', undefined, report);
  hasRuntime = true;
}

async function detectorBytes(detector: Detector): Promise<Uint8Array> {
  if (detector === 'trained') return encodeSafetensors(ready(trainer, 'a training to be open').weights());
  const shipped = MODELS.find(({ name }) => name === 'magicpoint') ?? MODELS[0];
  return fetchBytes(ready(shipped, 'a model; this copy of the page has none'), report);
}

const service = {
  /** Begins anew; what was learned is lost. */
  open: async (settings: LearnSettings): Promise<void> => {
    await start();
    const last = trainer;
    trainer = undefined;
    await last?.release();
    trainer = await Trainer.open(settings);
  },
  step: async (): Promise<StepReport> => {
    const { loss, batch } = await ready(trainer, 'a training to be open').step();
    return { step: trainer?.steps ?? 0, loss, images: batch.images };
  },
  look: (): Promise<Look> => {
    const { difficulty } = ready(trainer, 'a training to be open');
    return look(ready(trainer, 'a training to be open').weights(), difficulty);
  },
  /** The weights as a safetensors file. */
  weights: (): Uint8Array =>
    encodeSafetensors(ready(trainer, 'a training to be open').weights(), {
      format: 'MagicPoint, folded',
      training: `${trainer?.steps} steps on Synthetic Shapes in a browser`,
    }),

  /** Begins the adaptation of a photograph. */
  openPhotograph: async (file: Blob, name: string, detector: Detector, views: number): Promise<void> => {
    await start();
    const { gray } = await openPicture(file, name);
    const last = adapter;
    adapter = undefined;
    await last?.release();
    photo = fitWithin(gray, PHOTO_SIZE);
    adapter = await Adapter.open(photo, await detectorBytes(detector), views);
  },
  /** One more view; null once all have been seen. */
  adapt: async (): Promise<AdaptationReport | null> => {
    const report = await ready(adapter, 'a photograph').next();
    if (report) labels = report.labels.slice();
    return report;
  },

  /** Begins the joint training on the photograph and its labels, from what MagicPoint has learnt. */
  openJoint: async (): Promise<void> => {
    const { learnt, network } = ready(trainer, 'a training to be open');
    const last = joint;
    joint = undefined;
    await last?.release();
    joint = await JointTrainer.open(ready(photo, 'an adapted photograph'), labels, network, learnt);
  },
  stepJoint: async (): Promise<JointReport> => {
    const { loss, matched, batch } = await ready(joint, 'a joint training to be open').step();
    const { images } = batch.view0;
    const both = new Float32Array(2 * images.length);
    const pixels = batch.width * batch.height;
    for (let n = 0; n < batch.count; n++) {
      both.set(images.subarray(n * pixels, (n + 1) * pixels), 2 * n * pixels);
      both.set(batch.view1.images.subarray(n * pixels, (n + 1) * pixels), (2 * n + 1) * pixels);
    }
    return { step: joint?.steps ?? 0, loss, matched, images: both };
  },
  jointWeights: (): Uint8Array =>
    encodeSafetensors(ready(joint, 'a joint training to be open').weights(), {
      format: 'SuperPoint, folded',
      training: `${joint?.steps} steps on one photograph in a browser`,
    }),
};

export type LearnService = typeof service;

const send = serve<Progress>(service);
function report(progress: Progress): void {
  send(progress);
}
