/** SuperPoint and MagicPoint as rows of the tables. */
import { createHash } from 'node:crypto';
import { type DetectOptions, SuperPoint } from '../../features/superpoint.js';
import type { Device } from '../../graph/session.js';
import type { Method } from './method.js';

/** A network to evaluate. */
export interface NetworkOptions {
  /** As the tables show it. @default SuperPoint, or MagicPoint when the weights have no descriptor head */
  readonly name?: string;
  /** Weights as a safetensors file. */
  readonly model: Uint8Array;
  readonly device?: Device;
  /** What is not the protocol's to say: border, sub-pixel positions, interpolation. */
  readonly detection?: Omit<DetectOptions, 'maxKeypoints' | 'nmsRadius' | 'detectionThreshold' | 'resize'>;
  /** Overrides the profile's threshold. */
  readonly detectionThreshold?: number;
  /** Whether the weights have a descriptor head. */
  readonly describes: boolean;
}

/** A network that is loaded when it is first asked: features that were kept need none. */
export interface LazyNetwork {
  open(): Promise<SuperPoint>;
  dispose(): Promise<void>;
}

/** @param model weights as a safetensors file. */
export function lazyNetwork(model: Uint8Array, device: Device): LazyNetwork {
  let opened: Promise<SuperPoint> | undefined;
  return {
    open() {
      opened ??= SuperPoint.load({ model, device });
      return opened;
    },
    dispose: async () => (await opened)?.dispose(),
  };
}

/** A network as a method; `dispose` frees its session. */
export function networkMethod(options: NetworkOptions): Method {
  const { model, device = 'cpu', detection = {}, describes, detectionThreshold } = options;
  const network = lazyNetwork(model, device);
  return {
    name: options.name ?? (describes ? 'SuperPoint' : 'MagicPoint'),
    describes,
    settings: {
      weights: createHash('sha256').update(model).digest('hex'),
      device,
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
