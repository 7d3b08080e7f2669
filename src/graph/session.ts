/** Runs ONNX models with ONNX Runtime, in Node and in the browser. */
import { duringRun, loadRuntime, PROVIDERS, RUNTIME_REALM } from '#onnxruntime';
import type { Device } from './device.js';
import { type ArrayRealm, type Data, elementTypeOf } from './graph.js';

export type { Device } from './device.js';

/** A tensor that goes into or comes out of a run: data in row-major order. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Data;
}

export interface SessionOptions {
  /** @default 'cpu' (WebAssembly in the browser) */
  device?: Device;
  /** Threads of one operator. @default all cores */
  threads?: number;
}

/** A model that is ready to run. */
export interface Session {
  /** What really runs it. */
  readonly device: Device;
  /** Why that is not the device that was asked for, in one line; undefined where it is. */
  readonly fallback?: string | undefined;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** @param inputs one tensor for each input name. @returns one for each output name. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/** The version of ONNX Runtime here, and whether it is not the platform's first choice. */
export async function runtimeVersion(): Promise<string> {
  const { runtime, obstacle } = await loadRuntime('cpu');
  return `${runtime.env.versions.common}${obstacle === undefined ? '' : ' (WebAssembly)'}`;
}

export function tensor(data: Data, dims: readonly number[]): Tensor {
  return { data, dims };
}

/** The same memory as an array of a realm: under a test runner or from a frame it may be of another one. */
function inRealm(data: Data, realm: ArrayRealm): Data {
  const Own = realm[data[Symbol.toStringTag]];
  return data instanceof Own ? data : new Own(data.buffer as ArrayBuffer, data.byteOffset, data.length);
}

/** The session on the first device that can be used, and why those before cannot. */
async function firstThatWorks<S>(devices: readonly Device[], create: (device: Device) => Promise<S>) {
  const obstacles: string[] = [];
  for (const device of devices.slice(0, -1)) {
    try {
      return { session: await create(device), device, obstacles };
    } catch (cause) {
      const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
      obstacles.push(`${device} cannot be used (${reason.slice(0, 200)})`);
    }
  }
  const device = devices[devices.length - 1];
  return { session: await create(device), device, obstacles };
}

/**
 * Loads an ONNX model. Where the device cannot be used the CPU serves, and `fallback` says so.
 * @throws RangeError for a device that this platform does not have.
 */
export async function createSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const { device: wanted = 'cpu', threads } = options;
  if (!(wanted in PROVIDERS)) {
    throw new RangeError(
      `expected the device to be one of ${Object.keys(PROVIDERS).join(', ')}, got ${wanted}`,
    );
  }
  const { runtime, providers, obstacle } = await loadRuntime(wanted, threads);
  const bytes = inRealm(model, RUNTIME_REALM) as Uint8Array;
  const { session, device, obstacles } = await firstThatWorks(providers, (provider) =>
    duringRun(() =>
      runtime.InferenceSession.create(bytes, {
        executionProviders: [provider],
        ...(threads ? { intraOpNumThreads: threads } : {}),
        graphOptimizationLevel: 'all',
        // It would lay out the memory of a run as one block for each size of picture, beside the arena's: no quicker.
        enableMemPattern: false,
        // A warning about each constant folded or node left on the CPU would drown what matters.
        logSeverityLevel: 3,
      }),
    ),
  );
  if (obstacle !== undefined) obstacles.unshift(obstacle);
  return {
    device,
    fallback: obstacles.length > 0 ? `${obstacles.join(', ')}: ${device} computes instead` : undefined,
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { data, dims }]) => [
          name,
          new runtime.Tensor(elementTypeOf(data), inRealm(data, RUNTIME_REALM), dims),
        ]),
      );
      const results = await duringRun(() => session.run(feeds));
      return Object.fromEntries(
        Object.entries(results).map(([name, { data, dims }]) => [
          name,
          { data: inRealm(data as Data, globalThis), dims },
        ]),
      );
    },
    release: () => duringRun(() => session.release()),
  };
}
