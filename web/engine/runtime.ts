/** Brings the runtime and the models into a worker and reports how far they are. */
import { RUNTIMES } from 'virtual:shipped';
import { bytesOfBody } from '../../src/files/fetch-bytes.js';
import { loadRuntime } from '../../src/graph/runtime-browser.js';
import type { OnProgress } from '../../src/progress.js';

export type PageDevice = 'webgpu' | 'wasm';

/** What computes. */
export interface RuntimeState {
  readonly device: PageDevice;
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

/** Loads the runtime. */
export async function startRuntime(
  device: PageDevice,
  threads: number | undefined,
  report: OnProgress,
): Promise<RuntimeState> {
  const file = { ...RUNTIMES[device], name: 'runtime' };
  const [{ runtime }, bytes] = await Promise.all([loadRuntime(device, threads), fetchBytes(file, report)]);
  runtime.env.wasm.wasmBinary = bytes.buffer;
  const isolated = globalThis.crossOriginIsolated;
  const single = 'one thread only: the server of this page does not send the isolation headers COOP and COEP';
  return {
    device,
    threads: runtime.env.wasm.numThreads ?? 1,
    ...(device === 'wasm' && !isolated ? { remark: single } : {}),
  };
}
