/** The models that `--model` names. */
import { SuperPoint } from '../features/superpoint.js';
import { type Origin, originOfMetadata, weightsOrigin } from '../files/origin.js';
import { integerTensors } from '../network/integer-kernels.js';
import type { Model } from '../network/model.js';
import type { ModelSource } from '../network/model-file.js';
import type { ModelOptions } from './options.js';

/** What a model's outcome depends on. */
export function modelOrigin({ weights, ranges, metadata }: Model): Origin {
  const tensors = ranges ? integerTensors(weights, ranges) : weights;
  return weightsOrigin(tensors, originOfMetadata(metadata));
}

/** SuperPoint with the weights and on the device that the options name; says so where another one computes. */
export async function openSuperPoint({
  model,
  device,
}: Pick<ModelOptions, 'device'> & { readonly model?: ModelSource }): Promise<SuperPoint> {
  const superpoint = await SuperPoint.load({ model, device, thread: false });
  const { fallback } = superpoint.network;
  if (fallback !== undefined) process.stderr.write(`superpoint: ${fallback}\n`);
  return superpoint;
}
