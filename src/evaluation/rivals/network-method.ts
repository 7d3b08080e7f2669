/** SuperPoint and MagicPoint as rows of the tables. */
import { createHash } from 'node:crypto';
import { type DetectOptions, SuperPoint } from '../../features/superpoint.js';
import type { Device } from '../../graph/session.js';
import { encodeModel, type Model } from '../../network/model.js';
import { type ModelSource, readModel } from '../../network/model-file.js';
import type { Method } from './method.js';

/** How a network is evaluated. */
export interface NetworkOptions {
  /** As the tables show it. @default SuperPoint, or MagicPoint when the weights have no descriptor head */
  readonly name?: string;
  /** @default cpu */
  readonly device?: Device;
  /** What is not the protocol's to say: border, sub-pixel positions, sizes. */
  readonly detection?: Omit<DetectOptions, 'maxKeypoints' | 'nmsRadius' | 'detectionThreshold' | 'resize'>;
  /** Overrides the profile's threshold. */
  readonly detectionThreshold?: number;
}

/** A network that is loaded when it is first asked: features that were kept need none. */
export interface LazyNetwork {
  /** As the tables show it, where no other name is given. */
  readonly name: string;
  readonly describes: boolean;
  /** What its results depend on. */
  readonly settings: { readonly weights: string; readonly device: Device };
  open(): Promise<SuperPoint>;
  dispose(): Promise<void>;
}

/** @throws FormatError in one line if the model cannot be read or is none. */
export async function lazyNetwork(source: ModelSource, device: Device = 'cpu'): Promise<LazyNetwork> {
  const model: Model = await readModel(source);
  const describes = model.descriptorDim > 0;
  let opened: Promise<SuperPoint> | undefined;
  return {
    name: describes ? 'SuperPoint' : 'MagicPoint',
    describes,
    settings: { weights: createHash('sha256').update(encodeModel(model)).digest('hex'), device },
    open() {
      opened ??= SuperPoint.load({ model, device, thread: false });
      return opened;
    },
    dispose: async () => (await opened)?.dispose(),
  };
}

/**
 * A network as a method; `dispose` frees its session.
 * @param model as `SuperPoint.load` takes it: a name, a file, a run's folder, bytes.
 * @throws FormatError in one line if the model cannot be read or is none.
 */
export async function networkMethod(model: ModelSource, options: NetworkOptions = {}): Promise<Method> {
  const { detection = {}, detectionThreshold } = options;
  const network = await lazyNetwork(model, options.device);
  return {
    name: options.name ?? network.name,
    describes: network.describes,
    settings: {
      ...network.settings,
      ...(detectionThreshold === undefined ? {} : { detectionThreshold }),
      ...Object.fromEntries(
        Object.entries(detection).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(', ') : value,
        ]),
      ),
    },
    extract: async (image, settings) =>
      (await network.open()).detect(image, {
        ...detection,
        maxKeypoints: settings.maxKeypoints,
        nmsRadius: settings.nmsRadius,
        detectionThreshold: detectionThreshold ?? settings.detectionThreshold,
      }),
    dispose: () => network.dispose(),
  };
}
