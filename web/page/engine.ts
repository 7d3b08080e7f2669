/** The page's side of the engine: starts it, shows how far it is, and lets the user choose model and device. */
import { MODELS, RUNTIMES } from 'virtual:shipped';
import type { Progress } from '../../src/progress.js';
import type { ModelSource } from '../engine/network.js';
import { connect, type Remote } from '../engine/rpc.js';
import type { PageDevice, RuntimeState } from '../engine/runtime.js';
import type { EngineService } from '../engine/worker.js';
import { type DeviceChoice, deviceFor } from './device.js';
import { find } from './dom.js';
import { chooseFiles } from './files.js';
import { explain, type Purpose, ranked, suitable, titleOf } from './models.js';
import { attempt, complain, tell, WHOLE_PAGE } from './notices.js';

const DEVICES = { webgpu: 'WebGPU', wasm: 'WebAssembly' };

/** What is loading, by its name. */
const loading = new Map<string, Progress>();

/** Shows a bar for all that is loading; undefined where nothing is any more. */
export function showProgress(progress: Progress | undefined): void {
  if (!progress) loading.clear();
  else if (progress.done === progress.of) loading.delete(progress.what);
  else loading.set(progress.what, progress);
  find(document, '#loading').hidden = loading.size === 0;
  if (loading.size === 0) return;
  const files = [...loading.values()];
  const done = files.reduce((sum, file) => sum + file.done, 0);
  const of = files.reduce((sum, file) => sum + (file.of ?? file.done), 0);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  find(document, '#loading-text').textContent =
    `Loading ${[...loading.keys()].join(', ')}: ${megabytes(done)} of ${megabytes(of)} MB`;
  find<HTMLProgressElement>(document, '#loading-bar').value = done / of;
}

/** The menu's first choice: the model that suits what the view does. */
const SUITED = '';

/** What views hold: the worker's methods, and when the network behind them has changed. */
export class Engine {
  readonly remote: Remote<EngineService>;
  /** Resolves to whether a network is ready for use; what failed has been told. */
  ready: Promise<boolean>;
  /** Resolves when the network that suits the first view is in use: a quicker one may have served until then. */
  readonly settled: Promise<unknown>;
  #models: readonly ModelSource[] = ranked(MODELS);
  #purpose: Purpose = 'pair';
  /** The model in use. */
  #used: string | undefined;
  /** The model that takes its place as soon as it is loaded. */
  #coming: string | undefined;
  #device: PageDevice = 'wasm';
  #listeners: (() => void)[] = [];
  #runtime: RuntimeState | undefined;
  #describes = true;
  readonly #modelMenu = find<HTMLSelectElement>(document, '#model');
  readonly #deviceMenu = find<HTMLSelectElement>(document, '#device');
  readonly #onAsk: (model: string | undefined) => void;

  /** @param onAsk is told of the model that the user asks for; undefined for the one that suits. */
  constructor(worker: Worker, onAsk: (model: string | undefined) => void) {
    this.#onAsk = onAsk;
    this.remote = connect<EngineService, Progress>(worker, showProgress);
    const address = new URLSearchParams(location.search);
    this.#deviceMenu.value = address.get('device') ?? 'auto';
    this.#fillMenu(SUITED);
    this.#modelMenu.addEventListener('input', () => this.#asked());
    this.#deviceMenu.addEventListener('input', () => {
      address.set('device', this.#deviceMenu.value);
      // A page holds one runtime for good, so another device needs a fresh page.
      location.search = address.toString();
    });
    find(document, '#open-weights').addEventListener('click', () => this.#openWeights());
    find(document, '#model-other').addEventListener('click', ({ currentTarget }) => {
      this.#modelMenu.value = (currentTarget as HTMLButtonElement).value;
      this.#asked();
    });
    this.ready = this.#start(Number(address.get('threads')) || undefined);
    this.settled = this.ready.then(() => this.#refresh());
  }

  /** Whether points can be matched. */
  get describes(): boolean {
    return this.#describes;
  }

  /** What computes, once it is known. */
  get device(): PageDevice {
    return this.#device;
  }

  /** The models at hand, the best first. */
  get models(): readonly ModelSource[] {
    return this.#models;
  }

  /** What the model in use is called. */
  get title(): string {
    return titleOf(this.#used ?? '');
  }

  /** Addresses of what the page needs on this device, whichever its view. */
  get files(): readonly string[] {
    const models = Object.values(this.#suits()).flatMap((model) => (model ? [model.url] : []));
    return [RUNTIMES[this.device].url, ...models];
  }

  /** Calls `listener` whenever another network is in use. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Takes the model that suits a view, unless the user has asked for another. */
  serve(purpose: Purpose): void {
    this.#purpose = purpose;
    void this.#refresh();
  }

  /** Takes the model that an address names; null for the one that suits. */
  ask(model: string | null): void {
    this.#modelMenu.value = this.#models.some(({ name }) => name === model) ? (model ?? SUITED) : SUITED;
    void this.#refresh();
  }

  /** Adds a model to the menu, or replaces the one of this name, and takes it. */
  async add(model: ModelSource): Promise<boolean> {
    const before = this.#models;
    const last = this.#modelMenu.value;
    this.#models = [...before.filter(({ name }) => name !== model.name), model];
    this.#fillMenu(model.name);
    const taken = await this.#switch();
    if (!taken) {
      this.#models = before;
      this.#fillMenu(last);
      this.#explain();
    }
    return taken;
  }

  #fillMenu(chosen: string): void {
    const options = this.#models.map(({ name }) => new Option(titleOf(name), name));
    this.#modelMenu.replaceChildren(new Option('as suits the view', SUITED), ...options);
    this.#modelMenu.value = chosen;
  }

  #suits() {
    return suitable(MODELS, this.device);
  }

  get #wanted(): string | undefined {
    return this.#modelMenu.value || this.#suits()[this.#purpose]?.name || this.#models[0]?.name;
  }

  #asked(): void {
    const asked = this.#modelMenu.value;
    this.#onAsk(MODELS.some(({ name }) => name === asked) ? asked : undefined);
    void this.#refresh();
  }

  /** What two pictures are matched by at once, while the exact model is still on its way. */
  get #first(): string | undefined {
    const { pair, stream } = this.#suits();
    return this.#modelMenu.value === SUITED && this.#wanted === pair?.name ? stream?.name : this.#wanted;
  }

  #sourceOf(model: string | undefined): ModelSource | undefined {
    return this.#models.find(({ name }) => name === model);
  }

  async #refresh(): Promise<void> {
    if (this.#runtime && this.#wanted !== (this.#coming ?? this.#used)) await this.#switch();
    else this.#explain();
  }

  async #start(threads?: number): Promise<boolean> {
    const choice = this.#deviceMenu.value as DeviceChoice;
    const { device, obstacle } = await deviceFor(choice);
    this.#device = device;
    if (choice === 'webgpu' && obstacle) {
      complain(`WebGPU cannot be used: ${obstacle}. WebAssembly takes its place.`, WHOLE_PAGE);
      this.#deviceMenu.value = 'wasm';
    }
    const first = this.#sourceOf(this.#first);
    // Beside the runtime; what goes wrong is told when the model is loaded.
    if (first) this.remote.fetchModel(first).catch(() => {});
    try {
      this.#runtime = await this.remote.start(device, threads);
    } catch (problem) {
      complain(problem, WHOLE_PAGE);
      this.#summarise('Not available');
      showProgress(undefined);
      return false;
    }
    find(document, '#engine-remark').textContent = this.#runtime.remark ?? '';
    if (this.#runtime.remark) tell(`It runs on ${this.#runtime.remark}.`);
    if (first) return this.#load(first);
    showProgress(undefined);
    tell('This copy of the page has no model. Open a weights file, or train one in Learn.');
    this.#summarise('No model');
    return false;
  }

  /** Takes the wanted model once it has been fetched; until then the one in use serves. */
  async #switch(): Promise<boolean> {
    const model = this.#sourceOf(this.#wanted);
    const isWanted = () => model?.name === this.#coming;
    this.#coming = model?.name;
    this.#explain();
    // Bytes at hand may be others under the same name.
    const isUsed = this.#coming === this.#used && model !== undefined && 'url' in model;
    const taken = model !== undefined && (isUsed || (await this.#fetch(model))) && isWanted();
    if (taken && !isUsed) {
      const before = this.ready;
      this.ready = before.then(() => this.#load(model));
      // A model that cannot be used leaves the last one in its place.
      if (!(await this.ready)) this.ready = before;
    }
    if (!isWanted()) return false;
    this.#coming = undefined;
    if (model?.name !== this.#used) this.#modelMenu.value = this.#used ?? SUITED;
    this.#explain();
    return taken && model.name === this.#used;
  }

  async #fetch(model: ModelSource): Promise<boolean> {
    if ('data' in model) return true;
    const isFetched = await attempt(() => this.remote.fetchModel(model).then(() => true), WHOLE_PAGE);
    if (!isFetched) showProgress(undefined);
    return isFetched ?? false;
  }

  async #load(model: ModelSource): Promise<boolean> {
    const describer = this.#suits()[this.#purpose];
    const loaded = await attempt(
      () => this.remote.useModel(model, describer?.name === model.name ? undefined : describer),
      WHOLE_PAGE,
    );
    if (!loaded) return false;
    this.#used = model.name;
    this.#describes = loaded.describes;
    this.#summarise(titleOf(model.name));
    this.#explain();
    for (const listener of this.#listeners) listener();
    return true;
  }

  /** The line that says which model is in use and why, with the other one on offer. */
  #explain(): void {
    const button = find<HTMLButtonElement>(document, '#model-other');
    const line = find(document, '#model-reason');
    if (!this.#used || !this.#runtime) return;
    const { reason, other, offer } = explain(
      this.#used,
      this.#purpose,
      this.#suits(),
      this.#modelMenu.value !== SUITED,
      this.#coming,
    );
    line.textContent = reason;
    button.hidden = !other;
    button.value = other ?? '';
    button.textContent = offer ?? '';
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
    const data = async () => new Uint8Array(await file.arrayBuffer());
    await attempt(async () => this.add({ name: file.name, data: await data() }), 'weights');
  }
}
