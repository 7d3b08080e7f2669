/** The models that `--model` names. */
import { SuperPoint } from '../features/superpoint.js';
import { encodeModel } from '../network/model.js';
import { readModel } from '../network/model-file.js';
import type { ModelOptions } from './options.js';

/** SuperPoint with the weights and on the device that the options name. */
export function openSuperPoint({ model, device }: ModelOptions): Promise<SuperPoint> {
  return SuperPoint.load({ model, device });
}

/** A model that is run as it is. */
export interface RunnableModel {
  /** As a safetensors file. */
  readonly bytes: Uint8Array;
  /** Whether it gives descriptors. */
  readonly describes: boolean;
}

/** What `openSuperPoint` would open, as bytes. @throws as `readModel`. */
export async function readRunnable(given?: string): Promise<RunnableModel> {
  const model = await readModel(given);
  return { bytes: encodeModel(model), describes: model.descriptorDim > 0 };
}
