/** The models that `--model` names. */
import { SuperPoint } from '../features/superpoint.js';
import { type Origin, originOfMetadata, weightsOrigin } from '../files/origin.js';
import { Graph } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import { add } from '../graph/operators.js';
import { createSession, type Device, type Session } from '../graph/session.js';
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
  tell(superpoint.network.fallback);
  return superpoint;
}

/** Opens a session of next to nothing on a device. @returns what serves it, and why not the device itself. */
export async function probeDevice(device: Device): Promise<Pick<Session, 'device' | 'fallback'>> {
  const graph = new Graph('probe');
  graph.output('y', add(graph.input('x', 'float32', [1]), 1));
  const session = await createSession(encodeModel(graph), { device });
  await session.release();
  return session;
}

/** Says so where another device will compute than the one asked for. */
export async function tellFallback(device: Device): Promise<void> {
  tell((await probeDevice(device)).fallback);
}

function tell(fallback: string | undefined): void {
  if (fallback !== undefined) process.stderr.write(`superpoint: ${fallback}\n`);
}
