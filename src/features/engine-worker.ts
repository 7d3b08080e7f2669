/** The worker of a network: an engine, and the looks of which other threads know the numbers. */
import { parentPort } from '#port';
import type { GrayImage } from '../image/image.js';
import { type CallContext, serveCalls } from '../threads/calls.js';
import { Engine, type EngineOptions } from './engine.js';
import type { KeypointOptions } from './extract-keypoints.js';
import { type ImageParcel, type ModelParcel, unpackImage, unpackModel } from './image-parcel.js';
import type { Look, Mask, Points } from './look.js';
import type { DescriptorOptions } from './sample-descriptors.js';
import type { ScaleOptions } from './scales.js';

const port = parentPort();
const looks = new Map<number, Look>();
let opened: Promise<Engine> | undefined;
let count = 0;

async function engine(): Promise<Engine> {
  if (!opened) throw new Error('expected a model; none is loaded');
  return opened;
}

function lookOf(id: number): Look {
  const look = looks.get(id);
  if (!look) throw new Error('expected a look in use, got one that was disposed of');
  return look;
}

const methods = {
  load: async (
    { model, device, threads }: { model: ModelParcel } & Pick<EngineOptions, 'device' | 'threads'>,
    { signal, tell }: CallContext,
  ) => {
    opened = Engine.open(unpackModel(model), { device, threads, signal, onProgress: tell });
    return (await opened).facts;
  },

  look: async (
    { image, scales }: { image: ImageParcel; scales: Required<ScaleOptions> },
    { signal }: CallContext,
  ) => {
    const running = await engine();
    const look = await running.look(await unpackImage(image), scales, signal);
    const { width, height, descriptorDim, sizes } = look;
    looks.set(++count, look);
    return { id: count, width, height, descriptorDim, sizes };
  },

  keypoints: ({ id, options, mask }: { id: number; options: KeypointOptions; mask: Mask | undefined }) =>
    lookOf(id).keypoints({ ...options, mask }),

  describe: ({ id, points, options }: { id: number; points: Points; options: DescriptorOptions }) =>
    lookOf(id).describe(points, options),

  heatmap: async ({ id, size }: { id: number; size: number }) => {
    const { width, height, data } = await lookOf(id).heatmap(size);
    // The look keeps its own.
    return { width, height, data: data.slice() };
  },

  release: async (id: number) => {
    looks.get(id)?.dispose();
    looks.delete(id);
  },

  heatmaps: async (images: readonly GrayImage[]) => (await engine()).heatmaps(images),

  dispose: async () => {
    looks.clear();
    const engine = await opened?.catch(() => undefined);
    await engine?.dispose();
    // after the reply
    setTimeout(() => port.close());
  },
};

serveCalls(port, methods);
