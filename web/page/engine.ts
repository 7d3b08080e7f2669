/** The page's side of the engine: starts it, shows how far it is, and lets the user choose model and device. */
import { MODELS } from 'virtual:shipped';
import type { Progress } from '../../src/progress.js';
import { connect, type Remote } from '../engine/rpc.js';
import type { DeviceChoice, RuntimeState } from '../engine/runtime.js';
import type { EngineService, ModelSource } from '../engine/worker.js';
import { find } from './dom.js';
import { chooseFiles } from './files.js';
import { attempt, complain, tell } from './notices.js';

/** Best first; others follow by name. */
const PREFERRED = [
  'superpoint',
  'superpoint-int8',
  'superpoint-small',
  'superpoint-small-int8',
  'magicpoint',
];
const TITLES: Readonly<Record<string, string>> = {
  superpoint: 'SuperPoint',
  'superpoint-int8': 'SuperPoint, int8',
  'superpoint-small': 'SuperPoint small',
  'superpoint-small-int8': 'SuperPoint small, int8',
  magicpoint: 'MagicPoint (points only)',
};
const DEVICES = { webgpu: 'WebGPU', wasm: 'WebAssembly' };

/** Shows a bar while something is loading. */
export function showProgress(progress: Progress | undefined): void {
  const bar = find<HTMLProgressElement>(document, '#loading-bar');
  find(document, '#loading').hidden = progress === undefined;
  if (!progress) return;
  const { what, done, of = done } = progress;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  find(document, '#loading-text').textContent = `Loading ${what}: ${megabytes(done)} of ${megabytes(of)} MB`;
  bar.value = done / of;
}

function shippedModels(): ModelSource[] {
  const rank = (name: string) => (PREFERRED.includes(name) ? PREFERRED.indexOf(name) : PREFERRED.length);
  return [...MODELS].sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

/** What views hold: the worker's methods, and when the network behind them has changed. */
export class Engine {
  readonly remote: Remote<EngineService>;
  /** Resolves to whether a network is ready for use; what failed has been told. */
  ready: Promise<boolean>;
  #models = shippedModels();
  #listeners: (() => void)[] = [];
  #runtime: RuntimeState | undefined;
  #describes = true;
  readonly #modelMenu = find<HTMLSelectElement>(document, '#model');
  readonly #deviceMenu = find<HTMLSelectElement>(document, '#device');

  constructor(worker: Worker) {
    this.remote = connect<EngineService, Progress>(worker, showProgress);
    const address = new URLSearchParams(location.search);
    this.#deviceMenu.value = address.get('device') ?? 'auto';
    this.#fillMenu();
    this.#modelMenu.addEventListener('input', () => this.#switch());
    this.#deviceMenu.addEventListener('input', () => {
      address.set('device', this.#deviceMenu.value);
      // A page holds one runtime for good, so another device needs a fresh page.
      location.search = address.toString();
    });
    find(document, '#open-weights').addEventListener('click', () => this.#openWeights());
    this.ready = this.#start(Number(address.get('threads')) || undefined);
  }

  /** Whether points can be matched. */
  get describes(): boolean {
    return this.#describes;
  }

  /** Calls `listener` whenever another network is in use. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Adds a model to the menu, or replaces the one of this name, and takes it. */
  async add(model: ModelSource): Promise<boolean> {
    const others = this.#models.filter(({ name }) => name !== model.name);
    const before = this.#models;
    const last = this.#modelMenu.value;
    this.#models = [...others, model];
    this.#fillMenu(model.name);
    const taken = await this.#switch();
    if (!taken) {
      this.#models = before;
      this.#fillMenu(last);
    }
    return taken;
  }

  #fillMenu(chosen = this.#models[0]?.name ?? ''): void {
    const options = this.#models.map(({ name }) => new Option(TITLES[name] ?? name, name));
    if (options.length === 0) options.push(new Option('none found', ''));
    this.#modelMenu.replaceChildren(...options);
    this.#modelMenu.value = chosen;
    this.#modelMenu.disabled = this.#models.length === 0;
  }

  async #start(threads?: number): Promise<boolean> {
    const choice = this.#deviceMenu.value as DeviceChoice;
    try {
      this.#runtime = await this.remote.start(choice, threads).catch((problem: unknown) => {
        if (choice !== 'webgpu') throw problem;
        complain(`${problem instanceof Error ? problem.message : problem}. WebAssembly takes its place.`);
        this.#deviceMenu.value = 'wasm';
        return this.remote.start('wasm', threads);
      });
    } catch (problem) {
      complain(problem);
      this.#summarise('Not available');
      showProgress(undefined);
      return false;
    }
    find(document, '#engine-remark').textContent = this.#runtime.remark ?? '';
    if (this.#runtime.remark) tell(`It runs on ${this.#runtime.remark}.`);
    // On a CPU the int8 model is nearly twice as fast, and a third of the download.
    const inBytes = this.#models.find(({ name }) => name === 'superpoint-int8');
    if (this.#runtime.device === 'wasm' && inBytes) this.#fillMenu(inBytes.name);
    if (this.#models.length > 0) return this.#load();
    showProgress(undefined);
    tell('This copy of the page has no model. Open a weights file, or train one in Learn.');
    this.#summarise('No model');
    return false;
  }

  async #switch(): Promise<boolean> {
    const before = this.ready;
    this.ready = before.then(() => this.#load());
    const taken = await this.ready;
    // A model that cannot be used leaves the last one in its place.
    if (!taken) this.ready = before;
    return taken;
  }

  async #load(): Promise<boolean> {
    const model = this.#models.find(({ name }) => name === this.#modelMenu.value);
    const describer = shippedModels().find(({ name }) => name !== model?.name && name !== 'magicpoint');
    if (!model || !this.#runtime) return false;
    const loaded = await attempt(() => this.remote.useModel(model, describer));
    showProgress(undefined);
    if (!loaded) return false;
    this.#describes = loaded.describes;
    this.#summarise(TITLES[model.name] ?? model.name);
    for (const listener of this.#listeners) listener();
    return true;
  }

  #summarise(model: string): void {
    const { device = undefined, threads = 1 } = this.#runtime ?? {};
    const computing = device ? ` · ${DEVICES[device]}` : '';
    const count = device === 'wasm' ? `, ${threads} ${threads === 1 ? 'thread' : 'threads'}` : '';
    find(document, '#engine-summary').textContent = model + computing + count;
  }

  async #openWeights(): Promise<void> {
    const [file] = await chooseFiles('.safetensors,.pth,.pt,.onnx');
    if (!file) return;
    await attempt(async () => this.add({ name: file.name, data: new Uint8Array(await file.arrayBuffer()) }));
  }
}
