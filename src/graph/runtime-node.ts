/** The ONNX Runtime binding for Node (package.json `imports`, condition default). */
import { runInThisContext } from 'node:vm';
import type * as onnxruntime from 'onnxruntime-node';
import type { Device } from './device.js';
import type { ArrayRealm } from './graph.js';
import { keepToItself } from './telemetry-node.js';

export { duringRun } from './exit-guard-node.js';

/** The arrays that the binding takes and gives: Node's own, wherever this module runs. */
export const RUNTIME_REALM: ArrayRealm = runInThisContext(
  '({ Float32Array, Int32Array, BigInt64Array, Int8Array, Uint8Array })',
);

/** Devices that this binding offers, and those that serve them, first choice first. */
export const PROVIDERS: Readonly<Record<string, readonly Device[]>> = {
  cpu: ['cpu'],
  webgpu: ['webgpu', 'cpu'],
  cuda: ['cuda', 'cpu'],
};

/**
 * The runtime for sessions on a device. A test runner may run this module in a realm of its own, where the
 * runtime would not know the arrays that its binding makes: then it is loaded outside.
 */
export async function loadRuntime(_device: string, _threads?: number): Promise<typeof onnxruntime> {
  keepToItself();
  if (RUNTIME_REALM.Float32Array === Float32Array) return import('onnxruntime-node');
  const { createRequire } = runInThisContext("process.getBuiltinModule('module')");
  return createRequire(import.meta.url)('onnxruntime-node');
}
