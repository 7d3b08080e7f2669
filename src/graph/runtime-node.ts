/**
 * The ONNX Runtime binding for Node (package.json `imports`, condition default): the native one where it is
 * installed, several times as fast as the WebAssembly that serves without it.
 */
import { availableParallelism } from 'node:os';
import { runInThisContext } from 'node:vm';
import type * as native from 'onnxruntime-node';
import type * as web from 'onnxruntime-web';
import type { Device } from './device.js';
import type { ArrayRealm } from './graph.js';
import { keepToItself } from './telemetry-node.js';

export { duringRun } from './exit-guard-node.js';

/** The arrays that the binding takes and gives: Node's own, wherever this module runs. */
export const RUNTIME_REALM: ArrayRealm = runInThisContext(
  '({ Float32Array, Int32Array, BigInt64Array, Int8Array, Uint8Array })',
);

/** Devices that may be asked for, and those of the native runtime that serve them, first choice first. */
export const PROVIDERS: Readonly<Record<string, readonly Device[]>> = {
  cpu: ['cpu'],
  webgpu: ['webgpu', 'cpu'],
  cuda: ['cuda', 'cpu'],
};

/** More threads than this wait for each other more than they work, at the sizes of this network. */
const MAX_THREADS = 8;

/** A runtime, what of it serves a device, and why it is not the one that was meant. */
interface Opened {
  readonly runtime: typeof native | typeof web;
  readonly providers: readonly Device[];
  readonly obstacle?: string;
}

/**
 * A test runner may run this module in a realm of its own, where the runtime would not know the arrays that its
 * binding makes: then it is loaded outside.
 */
async function load<T>(inside: () => Promise<T>, name: string): Promise<T> {
  if (RUNTIME_REALM.Float32Array === Float32Array) return inside();
  const { createRequire } = runInThisContext("process.getBuiltinModule('module')");
  return createRequire(import.meta.url)(name);
}

/** The runtime for sessions on a device. Of WebAssembly's, the first session settles the number of threads of all. */
export async function loadRuntime(device: string, threads?: number): Promise<Opened> {
  keepToItself();
  try {
    const runtime = await load(() => import('onnxruntime-node'), 'onnxruntime-node');
    return { runtime, providers: PROVIDERS[device] };
  } catch (cause) {
    const runtime = await load(() => import('onnxruntime-web'), 'onnxruntime-web');
    runtime.env.wasm.numThreads ??= Math.min(threads ?? availableParallelism(), MAX_THREADS);
    runtime.env.logLevel = 'error';
    return { runtime, providers: ['wasm'], obstacle: whyNotNative(cause) };
  }
}

function whyNotNative(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  const why = isMissing
    ? 'is not installed (npm install onnxruntime-node)'
    : `cannot be loaded (${message.split('\n')[0].slice(0, 200)})`;
  return `onnxruntime-node, several times as fast, ${why}`;
}
