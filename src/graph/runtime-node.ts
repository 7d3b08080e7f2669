/** The ONNX Runtime binding for Node (package.json `imports`, condition default). */
import * as onnxruntime from 'onnxruntime-node';

/** Devices that this binding offers, and the execution providers that serve them, first choice first. */
export const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  cpu: ['cpu'],
  webgpu: ['webgpu', 'cpu'],
  cuda: ['cuda', 'cpu'],
};

/** The runtime for sessions on a device. */
export async function loadRuntime(_device: string, _threads?: number): Promise<typeof onnxruntime> {
  return onnxruntime;
}
