/** The ONNX Runtime binding for Node (package.json `imports`, condition default). */
import * as onnxruntime from 'onnxruntime-node';
import type { Device } from './device.js';

/** Devices that this binding offers, and those that serve them, first choice first. */
export const PROVIDERS: Readonly<Record<string, readonly Device[]>> = {
  cpu: ['cpu'],
  webgpu: ['webgpu', 'cpu'],
  cuda: ['cuda', 'cpu'],
};

/** The runtime for sessions on a device. */
export async function loadRuntime(_device: string, _threads?: number): Promise<typeof onnxruntime> {
  return onnxruntime;
}
