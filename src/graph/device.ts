/** What computes: the CPU (in a browser by WebAssembly, `wasm`) or a graphics card. */
export type Device = 'cpu' | 'webgpu' | 'cuda' | 'wasm';
