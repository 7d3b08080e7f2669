/** Which device computes: WebGPU where there is a graphics card, else WebAssembly. */
import type { PageDevice } from '../engine/runtime.js';

export type DeviceChoice = 'auto' | PageDevice;

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

/** The device for a choice, and why it is not WebGPU. */
export async function deviceFor(
  choice: DeviceChoice,
): Promise<{ readonly device: PageDevice; readonly obstacle?: string }> {
  if (choice === 'wasm') return { device: 'wasm' };
  const obstacle = await whyNoGpu(choice);
  return obstacle ? { device: 'wasm', obstacle } : { device: 'webgpu' };
}
