import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Graph } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { relu } from '../../src/graph/operators.js';

const SESSION = fileURLToPath(new URL('../../src/graph/session.js', import.meta.url));
const RUNTIME = fileURLToPath(new URL('../../src/graph/runtime-node.js', import.meta.url));

/** Runs the package's modules in a context of their own, with arrays of their own, as Jest does. */
const SCRIPT = `
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';

const context = vm.createContext({ process, URL, TextEncoder, TextDecoder, setTimeout, setImmediate });
const modules = new Map();
async function load(specifier, from) {
  const isOurs = specifier.startsWith('.') || specifier.startsWith('/') || specifier === '#onnxruntime';
  const path = specifier === '#onnxruntime' ? process.argv[2] : resolve(dirname(from), specifier);
  const key = isOurs ? path : specifier;
  if (!modules.has(key)) modules.set(key, isOurs ? ours(path) : theirs(specifier));
  return modules.get(key);
}
function ours(path) {
  return new vm.SourceTextModule(readFileSync(path, 'utf8'), {
    context,
    identifier: path,
    initializeImportMeta: (meta) => (meta.url = pathToFileURL(path).href),
    importModuleDynamically: (specifier) => linked(specifier, path),
  });
}
async function theirs(specifier) {
  const found = await import(specifier);
  const names = Object.keys(found);
  return new vm.SyntheticModule(names, function () {
    for (const name of names) this.setExport(name, found[name]);
  }, { context });
}
async function linked(specifier, from) {
  const module = await load(specifier, from);
  if (module.status === 'unlinked') await module.link((inner, { identifier }) => load(inner, identifier));
  await module.evaluate();
  return module;
}
const { namespace: { createSession } } = await linked(process.argv[1], process.argv[1]);
const session = await createSession(vm.runInContext('Uint8Array', context).from(JSON.parse(process.argv[3])));
const x = vm.runInContext('Float32Array.of(1, -2, 3)', context);
const { y } = await session.run({ x: { data: x, dims: [3] } });
await session.release();
const own = Object.getPrototypeOf(y.data) === Object.getPrototypeOf(x);
console.log(JSON.stringify({ y: [...y.data], foreign: x instanceof Float32Array, own }));
`;

test('sessions work where a test runner gives modules arrays of their own', () => {
  const graph = new Graph('relu');
  graph.output('y', relu(graph.input('x', 'float32', [3])));
  const model = JSON.stringify([...encodeModel(graph)]);
  const options = ['--experimental-vm-modules', '--no-warnings', '--input-type=module', '-e', SCRIPT];
  const run = spawnSync(process.execPath, [...options, SESSION, RUNTIME, model], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  assert.deepEqual(JSON.parse(run.stdout), { y: [1, 0, 3], foreign: false, own: true });
});
