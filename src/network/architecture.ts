/**
 * The layers of SuperPoint (§3 of DeTone et al. 2018), parametric in their widths: a shared encoder of
 * eight 3 x 3 convolutions with three poolings, and two heads on its map of one cell for 8 x 8 pixels.
 */

/** Widths of the layers. */
export interface NetworkShape {
  /** Channels of the four pairs of encoder layers. */
  readonly encoder: readonly [number, number, number, number];
  /** Channels of the hidden layer of each head. */
  readonly head: number;
  /** Length of a descriptor; 0 for MagicPoint, which has none. */
  readonly descriptor: number;
}

/** The widths of the published network: 1,300,865 parameters. */
export const PAPER_SHAPE: NetworkShape = { encoder: [64, 64, 128, 128], head: 256, descriptor: 256 };

/** Pixels along the side of a cell. */
export const CELL = 8;

/** Classes of the detector: the 64 pixels of a cell (channel 8 dy + dx) and the dustbin. */
export const CLASSES = CELL * CELL + 1;

export interface Layer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Side of the kernel: 3 or 1. */
  readonly size: 3 | 1;
  /** A 2 x 2 maximum follows. */
  readonly pooled: boolean;
  /** Batch normalisation and ReLU follow; the last layer of a head has neither. */
  readonly activated: boolean;
}

/** The encoder's layers and each head's, in the order in which they run. */
export interface Architecture {
  readonly encoder: readonly Layer[];
  readonly detector: readonly Layer[];
  readonly descriptor: readonly Layer[];
}

export function architecture(shape: NetworkShape): Architecture {
  const [c1, c2, c3, c4] = shape.encoder;
  const layer = (name: string, inputs: number, outputs: number, pooled = false): Layer => ({
    name,
    inputs,
    outputs,
    size: 3,
    pooled,
    activated: true,
  });
  const last = (name: string, outputs: number): Layer => ({
    name,
    inputs: shape.head,
    outputs,
    size: 1,
    pooled: false,
    activated: false,
  });
  return {
    encoder: [
      layer('conv1a', 1, c1),
      layer('conv1b', c1, c1, true),
      layer('conv2a', c1, c2),
      layer('conv2b', c2, c2, true),
      layer('conv3a', c2, c3),
      layer('conv3b', c3, c3, true),
      layer('conv4a', c3, c4),
      layer('conv4b', c4, c4),
    ],
    detector: [layer('convPa', c4, shape.head), last('convPb', CLASSES)],
    descriptor:
      shape.descriptor > 0 ? [layer('convDa', c4, shape.head), last('convDb', shape.descriptor)] : [],
  };
}

export function allLayers(shape: NetworkShape): Layer[] {
  const { encoder, detector, descriptor } = architecture(shape);
  return [...encoder, ...detector, ...descriptor];
}
