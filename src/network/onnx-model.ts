/** From weights or a model, wherever they are, to the ONNX model that a session runs. */
import { readBytes } from '#codec';
import { decodeSafetensors } from '../files/safetensors.js';
import { inferenceModel } from '../network/inference.js';
import type { Weights } from '../network/weights.js';

/** A path (Node) or URL of a file, its bytes, a Blob, or the tensors themselves. */
export type ModelSource = string | URL | Uint8Array | Blob | Weights;

function isWeights(model: ModelSource): model is Weights {
  return (
    typeof model === 'object' &&
    !(model instanceof URL || model instanceof Uint8Array || model instanceof Blob)
  );
}

/** The ONNX model of the weights; `bytes` that are one already stay as they are. */
export async function onnxModel(model: ModelSource): Promise<Uint8Array> {
  if (isWeights(model)) return inferenceModel(model);
  const bytes = await readBytes(model);
  // A safetensors file has a JSON object after eight bytes; an ONNX file starts with its version's tag.
  if (bytes[0] === 0x08 && bytes[8] !== 0x7b) return bytes;
  const weights = Object.entries(decodeSafetensors(bytes).tensors).map(([name, { dims, data }]) => {
    if (!(data instanceof Float32Array)) throw new RangeError(`expected ${name} to consist of floats`);
    return [name, { dims, data }] as const;
  });
  return inferenceModel(Object.fromEntries(weights));
}
