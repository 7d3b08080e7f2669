/** The models that `--model` names. */
import { SuperPoint } from '../features/superpoint.js';
import type { ModelOptions } from './options.js';

/** SuperPoint with the weights and on the device that the options name. */
export function openSuperPoint({ model, device }: ModelOptions): Promise<SuperPoint> {
  return SuperPoint.load({ model, device });
}
