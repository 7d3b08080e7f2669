/** The ONNX Runtime binding for the browser (package.json `imports`, condition browser). */
import * as onnxruntime from 'onnxruntime-web/webgpu';

export const runtime = onnxruntime;

/** Devices that this binding offers, and the execution providers that serve them, first choice first. */
export const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  cpu: ['wasm'],
  wasm: ['wasm'],
  webgpu: ['webgpu', 'wasm'],
};
