/** The ONNX Runtime binding for Node (package.json `imports`, condition default). */
import * as onnxruntime from 'onnxruntime-node';

export const runtime = onnxruntime;

/** Devices that this binding offers, and the execution providers that serve them, first choice first. */
export const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  cpu: ['cpu'],
  webgpu: ['webgpu', 'cpu'],
  cuda: ['cuda', 'cpu'],
};
