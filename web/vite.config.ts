/** Serves the page (`npm run web`) and builds it as static files for any host and sub-path (`npm run web:build`). */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const RUNTIMES = {
  wasm: '../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
  webgpu: '../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm',
};
const VIRTUAL = 'virtual:shipped';

/** The module that names the large files of the page: each model found in `folder`, and the runtimes. */
function shippedFiles(folder: string): Plugin {
  const asset = (file: string) => ({ file, bytes: statSync(file).size });
  return {
    name: 'superpoint-shipped-files',
    resolveId: (id) => (id === VIRTUAL ? `\0${VIRTUAL}` : undefined),
    load(id) {
      if (id !== `\0${VIRTUAL}`) return undefined;
      const names = readdirSync(folder).filter((name) => /\.safetensors$/.test(name));
      const models = names.map((name) => ({
        name: name.replace(/\.\w+$/, ''),
        ...asset(`${folder}/${name}`),
      }));
      const runtimes = Object.entries(RUNTIMES).map(([name, file]) => ({ name, ...asset(path(file)) }));
      const files = [...models, ...runtimes];
      const imports = files.map(({ file }, i) => `import url${i} from ${JSON.stringify(`${file}?url`)};`);
      const entry = ({ name, bytes }: (typeof files)[number]) =>
        `{ name: ${JSON.stringify(name)}, bytes: ${bytes}, url: url${files.findIndex((file) => file.name === name)} }`;
      return [
        ...imports,
        `export const MODELS = [${models.map(entry)}];`,
        `export const RUNTIMES = { ${runtimes.map((runtime) => `${runtime.name}: ${entry(runtime)}`)} };`,
      ].join('\n');
    },
  };
}

/**
 * The runtime's script as a file of its own, as it is: each of its threads loads it once more, and would load whatever
 * it is bundled with too.
 */
const runtimeScripts: Plugin = {
  name: 'superpoint-runtime-scripts',
  enforce: 'pre',
  resolveId: (id) => (/^onnxruntime-web\/\w+$/.test(id) ? `\0${id}` : undefined),
  load(id) {
    const [, build] = /^\0onnxruntime-web\/(\w+)$/.exec(id) ?? [];
    if (!build) return undefined;
    const script = path(`../node_modules/onnxruntime-web/dist/ort.${build}.bundle.min.mjs`);
    return [
      `import url from ${JSON.stringify(`${script}?url`)};`,
      'export const { env, InferenceSession, Tensor } = await import(/* @vite-ignore */ url);',
    ].join('\n');
  },
};

/** Hosts know what `.js` is; not all know `.mjs`. */
const assetFileNames = ({ names }: { names: readonly string[] }) =>
  `assets/[name]-[hash]${names[0]?.endsWith('.mjs') ? '.js' : '[extname]'}`;

/** Browsers share memory between threads only on pages with these headers. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The browser itself refuses what would leave the page's origin. Only when built: the dev server adds scripts. */
const contentSecurity: Plugin = {
  name: 'superpoint-content-security',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: {
        'http-equiv': 'Content-Security-Policy',
        content:
          "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self' blob:; " +
          "style-src 'self' 'unsafe-inline'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'",
      },
      injectTo: 'head-prepend',
    },
  ],
};

/** What the installed page is called and looks like. */
const MANIFEST = {
  name: 'SuperPoint',
  short_name: 'SuperPoint',
  description: 'Match pictures, stitch panoramas, track points, watch a detector learn: all in this browser.',
  start_url: './',
  display: 'standalone',
  background_color: '#14161a',
  theme_color: '#0b6b57',
  icons: [{ src: './icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
};

/** Files that are kept only once they have been used, as they are large and not all are needed. */
const LARGE = /\.(wasm|safetensors)$/;
const LARGE_BYTES = 2e6;

/** The installable page: its manifest and icon under fixed names, and the names of its files for the service worker. */
const installable: Plugin = {
  name: 'superpoint-installable',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: () => [
      { tag: 'link', attrs: { rel: 'manifest', href: './manifest.webmanifest' }, injectTo: 'head' },
    ],
  },
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      const emit = (fileName: string, source: string) => this.emitFile({ type: 'asset', fileName, source });
      emit('manifest.webmanifest', JSON.stringify(MANIFEST));
      emit('icon.svg', readFileSync(path('icon.svg'), 'utf8'));
      const worker = bundle['service-worker.js'];
      if (worker?.type !== 'chunk') throw new Error('expected the service worker among what is built');
      const bytesOf = (file: (typeof bundle)[string]) =>
        (file.type === 'chunk' ? file.code : file.source).length;
      const names = Object.keys(bundle).filter((name) => name !== worker.fileName && name !== 'index.html');
      const small = names.filter((name) => !LARGE.test(name) && bytesOf(bundle[name]) < LARGE_BYTES);
      const files = [...small, 'manifest.webmanifest', 'icon.svg'];
      const version = createHash('sha256').update(names.sort().join()).digest('hex').slice(0, 12);
      const list = JSON.stringify(files.map((name) => `./${name}`));
      // The text that the worker parses, in whatever quotation marks the build has left it.
      const filled = worker.code.replace(/(["'`])__FILES__\1/, () => JSON.stringify(list));
      worker.code = filled.replace('__VERSION__', version);
    },
  },
};

const plugins = () => [shippedFiles(process.env.SUPERPOINT_MODELS ?? path('../models')), runtimeScripts];

export default defineConfig({
  root: path('.'),
  base: './',
  publicDir: false,
  plugins: [...plugins(), contentSecurity, installable],
  worker: { format: 'es', plugins, rolldownOptions: { output: { assetFileNames } } },
  resolve: {
    alias: {
      // The same OpenCV as in Node, built for browsers; loaded only when somebody asks for ORB.
      '@opencvjs/node': '@opencvjs/web',
      '#codec': path('../src/image/codec-browser.ts'),
      '#onnxruntime': path('../src/graph/runtime-browser.ts'),
      '#port': path('../src/threads/port-browser.ts'),
      '#start-engine': path('../src/features/start-engine-browser.ts'),
      '#start-matcher': path('../src/matching/start-matcher-browser.ts'),
    },
  },
  // The runtime finds its WebAssembly beside its own script, which pre-bundling would move.
  optimizeDeps: {
    exclude: ['onnxruntime-web'],
    include: [
      'protobufjs/minimal.js',
      'fflate',
      'pure-rand/distribution/uniformInt',
      'pure-rand/generator/xoroshiro128plus',
    ],
  },
  server: { headers: isolation, fs: { allow: [path('..')] } },
  preview: { headers: isolation },
  build: {
    target: 'es2023',
    reportCompressedSize: false,
    outDir: path('../dist/page'),
    emptyOutDir: true,
    rollupOptions: {
      input: { index: path('index.html'), 'service-worker': path('service-worker.ts') },
      output: {
        assetFileNames,
        // A service worker rules over the folder that it lies in, under a name that never changes.
        entryFileNames: ({ name }) =>
          name === 'service-worker' ? 'service-worker.js' : 'assets/[name]-[hash].js',
      },
    },
  },
});
