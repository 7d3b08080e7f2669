/** The worker of all views but Learn: holds the runtime, the network, the pictures and the tracks. */
import type { Progress } from '../../src/progress.js';
import { Album, type StitchSettings } from './album.js';
import { FRAME_HEIGHT, FRAME_WIDTH, homographyOfFrame } from './camera-path.js';
import { LoadedNetworks, type ModelSource, type Networks } from './network.js';
import { type DetectionSettings, type MatchSettings, Pair, type Side } from './pair.js';
import { bitmapFrom, openPicture, type Picture, warpColors } from './pictures.js';
import { serve } from './rpc.js';
import { fetchBytes, type PageDevice, type RuntimeState, startRuntime } from './runtime.js';
import { Sequence, type TrackSettings } from './sequence.js';
import { Target } from './target.js';

const pair = new Pair();
const sequence = new Sequence();
const album = new Album();
const target = new Target();
const files = new Map<string, Promise<Uint8Array>>();
const loaded = new LoadedNetworks(bytesOf);
let runtime: RuntimeState | undefined;
let networks: Networks | undefined;
let scenery: Picture | undefined;

/** The bytes of a model, which are fetched once. */
async function bytesOf(source: ModelSource): Promise<Uint8Array> {
  if ('data' in source) return source.data;
  const { url } = source;
  const bytes = files.get(url) ?? fetchBytes(source, report);
  files.set(url, bytes);
  // What could not be fetched is tried again when it is next asked for.
  bytes.catch(() => files.delete(url));
  return bytes;
}

function ready(): Networks {
  if (!networks) throw new Error('expected a model; none is loaded');
  return networks;
}

const service = {
  start: async (device: PageDevice, threads?: number): Promise<RuntimeState> => {
    runtime = await startRuntime(device, threads, report);
    return runtime;
  },

  /** Fetches a model before it is used. */
  fetchModel: async (model: ModelSource): Promise<void> => {
    await bytesOf(model);
  },

  /**
   * Takes another model from now on; what was computed with the last one stays valid until then.
   * @param describer describes the points of a model that only detects.
   */
  useModel: async (model: ModelSource, describer?: ModelSource): Promise<{ describes: boolean }> => {
    if (!runtime) throw new Error('expected the runtime to be started first');
    const next = await loaded.get(model, describer, runtime.device);
    if (next !== networks) {
      sequence.restart();
      sequence.release();
    }
    networks = next;
    return { describes: next.describes };
  },

  openPicture: async (side: Side, file: Blob, name: string) => {
    const picture = await openPicture(file, name);
    pair.put(side, picture);
    const { width, height } = picture;
    return { name, width, height, bitmap: await bitmapFrom(picture.colors) };
  },
  swapPictures: () => pair.swap(),
  compare: (settings: MatchSettings) => pair.compare(ready(), settings),
  /** What ORB or another model makes of the same pictures. */
  beside: async (method: 'orb' | ModelSource, settings: MatchSettings) => {
    if (method === 'orb') return pair.beside(method, settings);
    const { device } = runtime ?? { device: 'wasm' };
    return pair.beside(await loaded.get(method, undefined, device, networks), settings);
  },
  overlay: () => pair.overlay(),
  featuresFile: (kind: 'json' | 'npz') => pair.file(kind),

  addPhotograph: async (file: Blob, name: string) => {
    const picture = await openPicture(file, name);
    return { id: album.add(picture), name, bitmap: await bitmapFrom(picture.colors) };
  },
  removePhotograph: (id: number) => album.remove(id),
  lookAtPhotograph: (id: number, size: number) => album.look(id, ready(), size),
  stitch: (settings: StitchSettings) => album.stitch(ready(), settings),
  panoramaFile: () => album.file(),

  openTarget: async (file: Blob, name: string) => {
    const picture = await openPicture(file, name);
    target.put(picture);
    const { width, height } = picture.colors;
    return { width, height, bitmap: await bitmapFrom(picture.colors) };
  },
  locate: (frame: ImageBitmap, settings: DetectionSettings) => target.locate(ready(), frame, settings),

  openScenery: async (file: Blob) => {
    scenery = await openPicture(file, 'bundled photograph');
  },
  /** Frame n of the bundled sequence. */
  sceneryFrame: (n: number): Promise<ImageBitmap> => {
    if (!scenery) throw new Error('expected the photograph of the bundled sequence first');
    const { colors } = scenery;
    const H_pictureToFrame = homographyOfFrame(n, colors.width, colors.height);
    return bitmapFrom(warpColors(colors, H_pictureToFrame, FRAME_WIDTH, FRAME_HEIGHT));
  },
  restartTracks: () => sequence.restart(),
  track: (frame: ImageBitmap, settings: TrackSettings) => sequence.track(ready(), frame, settings),
  freeze: () => sequence.freeze(),
  release: () => sequence.release(),
};

export type EngineService = typeof service;

const send = serve<Progress>(service, ['start', 'fetchModel']);
function report(progress: Progress): void {
  send(progress);
}
