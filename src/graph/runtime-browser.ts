/**
 * The ONNX Runtime binding for the browser (package.json `imports`, condition browser). There are two
 * builds of it; each is loaded only where it is needed, since the one without WebGPU has half the size.
 */
import type * as onnxruntime from 'onnxruntime-web';
import type { Device } from './device.js';
import type { ArrayRealm } from './graph.js';

type Runtime = typeof onnxruntime;

/** The arrays that the binding takes and gives. */
export const RUNTIME_REALM: ArrayRealm = globalThis;

/** Devices that this binding offers, and those that serve them, first choice first. */
export const PROVIDERS: Readonly<Record<string, readonly Device[]>> = {
  cpu: ['wasm'],
  wasm: ['wasm'],
  webgpu: ['webgpu', 'wasm'],
};

/** More threads than this wait for each other more than they work, at the sizes of this network. */
const MAX_THREADS = 8;

let withoutGpu: Promise<Runtime> | undefined;
let withGpu: Promise<Runtime> | undefined;

/** Threads share memory, which browsers allow to isolated pages only (headers COOP and COEP). */
function availableThreads(wanted: number = navigator.hardwareConcurrency): number {
  return globalThis.crossOriginIsolated ? Math.max(1, Math.min(wanted, MAX_THREADS)) : 1;
}

function prepared(runtime: Runtime, threads?: number): Runtime {
  runtime.env.wasm.numThreads = availableThreads(threads);
  runtime.env.logLevel = 'error';
  return runtime;
}

/**
 * The runtime for sessions on a device. The first session settles the number of threads of all. The build
 * with WebGPU, once loaded, serves the CPU as well.
 */
export async function loadRuntime(device: string, threads?: number) {
  return { runtime: await loadBuild(device, threads), providers: PROVIDERS[device], obstacle: undefined };
}

function loadBuild(device: string, threads?: number): Promise<Runtime> {
  if (device === 'webgpu') {
    withGpu ??= import('onnxruntime-web/webgpu').then((runtime) => prepared(runtime, threads));
    return withGpu;
  }
  if (withGpu) return withGpu;
  withoutGpu ??= import('onnxruntime-web/wasm').then((runtime) => prepared(runtime, threads));
  return withoutGpu;
}

/** Work of the runtime; a page may end at any time. */
export const duringRun = <T>(work: () => Promise<T>): Promise<T> => work();
