/** The weights that `--model` names: a file, a training run's folder, or nothing for the shipped ones. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { SuperPoint } from '../features/superpoint.js';
import { FormatError } from '../formats/format-error.js';
import { decodePytorchCheckpoint } from '../formats/pytorch.js';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.js';
import { shapeOfWeights, type Weights } from '../network/weights.js';
import { runFiles } from '../training/run-files.js';
import { isFolder } from './find-images.js';
import type { ModelOptions } from './options.js';

/** Weights that come with the package, by name. */
const SHIPPED_MODELS = ['superpoint', 'superpoint-small', 'magicpoint'];

function shippedModel(name: string): string {
  return fileURLToPath(new URL(`../../../models/${name}.safetensors`, import.meta.url));
}

/** Weights for use and what their file tells of them. */
export interface LoadedModel {
  readonly path: string;
  readonly weights: Weights;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads weights from a .safetensors file, a PyTorch checkpoint or a run's folder, or shipped ones by name.
 *
 * @throws FormatError when there is no such file or it does not hold SuperPoint's or MagicPoint's weights.
 */
export async function loadModel(given = 'superpoint'): Promise<LoadedModel> {
  const path = await pathOfModel(given);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    const expected = path === given ? 'no such file' : 'not the folder of a training run';
    throw new FormatError(`${given}: ${expected}, expected weights (.safetensors, .pth) or a run's folder`);
  });
  try {
    const isPytorch = /\.(pth|pt|tar)$/i.test(path);
    const { tensors, metadata } = isPytorch
      ? { tensors: decodePytorchCheckpoint(bytes), metadata: {} }
      : decodeSafetensors(bytes);
    return { path, weights: checkedWeights(tensors), metadata };
  } catch (error) {
    throw new FormatError(`${path}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

async function pathOfModel(given: string): Promise<string> {
  if (SHIPPED_MODELS.includes(given)) return shippedModel(given);
  return (await isFolder(given)) ? runFiles(given).weights : given;
}

/** The bytes of a loaded model as a safetensors file. */
export function modelBytes({ weights, metadata }: LoadedModel): Uint8Array {
  return encodeSafetensors(weights, metadata);
}

/** SuperPoint with the weights and on the device that the options name; also takes an exported .onnx. */
export async function openSuperPoint({ model, device }: ModelOptions): Promise<SuperPoint> {
  if (model?.endsWith('.onnx')) return SuperPoint.load({ model, device });
  return SuperPoint.load({ model: (await loadModel(model)).weights, device });
}

function checkedWeights(tensors: ReturnType<typeof decodeSafetensors>['tensors']): Weights {
  const weights: Record<string, Weights[string]> = {};
  for (const [name, { dims, data }] of Object.entries(tensors)) {
    if (data instanceof Float32Array) weights[name] = { dims, data };
  }
  shapeOfWeights(weights);
  return weights;
}
