/** Brings the runtime and the models into a worker and reports how far they are. */
import { RUNTIMES } from 'virtual:shipped';
import { bytesOfBody } from '../../src/files/fetch-bytes.js';
import { loadRuntime } from '../../src/graph/runtime-browser.js';
import type { OnProgress } from '../../src/progress.js';

export type DeviceChoice = 'auto' | 'webgpu' | 'wasm';

/** What computes. */
export interface RuntimeState {
  readonly device: 'webgpu' | 'wasm';
  readonly threads: number;
  /** Why it is not the fastest choice, if it is not. */
  readonly remark?: string;
}

/** A file of the page's own origin. @throws Error in one line where it cannot be fetched. */
export async function fetchBytes(
  file: { readonly name: string; readonly url: string; readonly bytes: number },
  report: OnProgress,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(file.url).catch(() => undefined);
  if (!response?.ok || !response.body) {
    throw new Error(`${file.name} could not be loaded (${response ? response.status : 'no connection'})`);
  }
  // The length that the server states counts compressed bytes; these are not.
  return bytesOfBody(response.body, (loaded) =>
    report({ what: file.name, done: loaded, of: Math.max(file.bytes, loaded) }),
  );
}

/** What this module needs of WebGPU's types. */
interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
}

/** Why WebGPU should not be used. */
async function whyNoGpu(choice: DeviceChoice): Promise<string | undefined> {
  if (!('gpu' in navigator)) return 'this browser offers no WebGPU';
  const adapter = await (navigator.gpu as Gpu).requestAdapter().catch(() => null);
  if (!adapter) return 'no graphics card is available to WebGPU';
  // A graphics card in software is slower than WebAssembly; only who asks for it gets it.
  const inSoftware = choice === 'auto' && adapter.info?.isFallbackAdapter === true;
  return inSoftware ? 'the graphics card is a program' : undefined;
}

/**
 * Loads the runtime. `auto` takes WebGPU where there is a graphics card for it.
 * @throws Error for WebGPU where there is none.
 */
export async function startRuntime(
  choice: DeviceChoice,
  threads: number | undefined,
  report: OnProgress,
): Promise<RuntimeState> {
  const obstacle = choice === 'wasm' ? undefined : await whyNoGpu(choice);
  if (choice === 'webgpu' && obstacle) throw new Error(`WebGPU cannot be used: ${obstacle}`);
  const device = choice === 'wasm' || obstacle ? 'wasm' : 'webgpu';
  const { runtime } = await loadRuntime(device, threads);
  const file = device === 'webgpu' ? RUNTIMES.webgpu : RUNTIMES.wasm;
  const bytes = await fetchBytes({ ...file, name: 'runtime' }, report);
  runtime.env.wasm.wasmBinary = bytes.buffer;
  const isolated = globalThis.crossOriginIsolated;
  const single = 'one thread only: the server of this page does not send the isolation headers COOP and COEP';
  return {
    device,
    threads: runtime.env.wasm.numThreads ?? 1,
    ...(device === 'wasm' && !isolated ? { remark: single } : {}),
  };
}
