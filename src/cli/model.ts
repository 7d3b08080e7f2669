/** The models that `--model` names. */
import { SuperPoint } from '../features/superpoint.js';
import type { ModelOptions } from './options.js';

/** SuperPoint with the weights and on the device that the options name; says so where another one computes. */
export async function openSuperPoint({ model, device }: ModelOptions): Promise<SuperPoint> {
  const superpoint = await SuperPoint.load({ model, device });
  const { fallback } = superpoint.network;
  if (fallback !== undefined) process.stderr.write(`superpoint: ${fallback}\n`);
  return superpoint;
}
