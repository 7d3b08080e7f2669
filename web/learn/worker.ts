/** The worker of Learn: trains, and looks at how the network does on shapes that it never trains on. */

import { encodeSafetensors } from '../../src/files/safetensors.js';
import type { Progress } from '../../src/progress.js';
import { serve } from '../engine/rpc.js';
import { startRuntime } from '../engine/runtime.js';
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

let hasRuntime = false;
let trainer: Trainer | undefined;

function ready(): Trainer {
  if (!trainer) throw new Error('expected a training to be open');
  return trainer;
}

const service = {
  /** Begins anew; what was learned is lost. */
  open: async (settings: LearnSettings): Promise<void> => {
    if (!hasRuntime) await startRuntime('wasm', undefined, report);
    hasRuntime = true;
    const last = trainer;
    trainer = undefined;
    await last?.release();
    trainer = await Trainer.open(settings);
  },
  step: async (): Promise<StepReport> => {
    const { loss, batch } = await ready().step();
    return { step: ready().steps, loss, images: batch.images };
  },
  look: (): Promise<Look> => look(ready().weights(), ready().difficulty),
  /** The weights as a safetensors file. */
  weights: (): Uint8Array =>
    encodeSafetensors(ready().weights(), {
      format: 'MagicPoint, folded',
      training: `${ready().steps} steps on Synthetic Shapes in a browser`,
    }),
};

export type LearnService = typeof service;

const send = serve<Progress>(service);
function report(progress: Progress): void {
  send(progress);
}
