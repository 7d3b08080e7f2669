/** The weights that `--model` names: a file, a training run's folder, or nothing for the shipped ones. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { SuperPoint } from '../features/superpoint.js';
import { FormatError } from '../files/format-error.js';
import { decodePytorchCheckpoint } from '../files/pytorch.js';
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors.js';
import { createSession } from '../graph/session.js';
import { SHIPPED_MODELS } from '../network/shipped-models.js';
import { shapeOfWeights, type Weights } from '../network/weights.js';
import { runFiles } from '../training/run-files.js';
import { isFolder } from './find-images.js';
import type { ModelOptions } from './options.js';

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
  if (isOnnx(path)) {
    throw new FormatError(
      `${given}: expected weights (.safetensors, .pth) or a run's folder, got an ONNX model`,
    );
  }
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
  const shipped = SHIPPED_MODELS[given];
  if (shipped) return fileURLToPath(shipped);
  return (await isFolder(given)) ? runFiles(given).weights : given;
}

/** The bytes of a loaded model as a safetensors file. */
export function modelBytes({ weights, metadata }: LoadedModel): Uint8Array {
  return encodeSafetensors(weights, metadata);
}

/** SuperPoint with the weights and on the device that the options name; also takes an exported .onnx. */
export async function openSuperPoint({ model, device }: ModelOptions): Promise<SuperPoint> {
  const path = await pathOfModel(model ?? 'superpoint');
  return SuperPoint.load({ model: isOnnx(path) ? path : (await loadModel(model)).weights, device });
}

const isOnnx = (path: string) => /\.onnx$/i.test(path);

/** A model that is run as it is: weights as a safetensors file, or an ONNX model. */
export interface RunnableModel {
  readonly bytes: Uint8Array;
  /** Whether it gives descriptors. */
  readonly describes: boolean;
}

/** What `openSuperPoint` would open, as bytes. @throws as `loadModel`. */
export async function readModel(given?: string): Promise<RunnableModel> {
  const path = await pathOfModel(given ?? 'superpoint');
  if (!isOnnx(path)) {
    const loaded = await loadModel(given);
    return { bytes: modelBytes(loaded), describes: 'convDb.weight' in loaded.weights };
  }
  const bytes = await readFile(path).catch((error: Error) => {
    throw new FormatError(`${path}: cannot be read (${error.message})`, { cause: error });
  });
  const session = await createSession(bytes, { threads: 1 });
  const describes = session.outputNames.includes('descriptors');
  await session.release();
  return { bytes, describes };
}

function checkedWeights(tensors: ReturnType<typeof decodeSafetensors>['tensors']): Weights {
  const weights: Record<string, Weights[string]> = {};
  for (const [name, { dims, data }] of Object.entries(tensors)) {
    if (data instanceof Float32Array) weights[name] = { dims, data };
  }
  shapeOfWeights(weights);
  return weights;
}
