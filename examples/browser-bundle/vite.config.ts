/** What Vite has to know about the package. */
import type { UserConfig } from 'vite';

/** Browsers let WebAssembly use several threads only on pages that are served with these headers. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default {
  base: './',
  // The network's worker loads its parts when it needs them, which Vite's older format for workers cannot.
  worker: { format: 'es' },
  server: { headers },
  preview: { headers },
  // For the dev server: weights and runtime are found beside the scripts, which pre-bundling would move.
  optimizeDeps: {
    exclude: ['superpoint', 'onnxruntime-web'],
    include: ['superpoint > protobufjs/minimal.js'],
  },
} satisfies UserConfig;
