/**
 * The names under which other programs keep SuperPoint's weights. All are the same twelve convolutions; some
 * have batch normalisation between them, before the ReLU or after it, which `foldBatchNorm` makes part of
 * the convolutions.
 */
import { FormatError } from '../files/format-error.js';
import type { StoredTensor } from '../files/raw-numbers.js';
import { allLayers, type Layer, PAPER_SHAPE } from './architecture.js';
import { type BatchNorm, foldBatchNorm, type NormalisedLayer } from './fold-batch-norm.js';
import { shapeOfWeights, type Weights } from './weights.js';

/** Where a checkpoint keeps a layer: `convolution`.weight, .bias; `norm`.weight, .bias, .running_mean, … */
interface LayerNames {
  readonly convolution: string;
  readonly norm?: string;
}

/** One program's names. */
interface Naming {
  readonly of: (layer: string) => LayerNames;
  /** What that program adds to a variance. */
  readonly epsilon: number;
  /** The same where PyTorch has counted no batch: statistics that another program made. */
  readonly epsilonOfOthers?: number;
  /** Whether the normalisation follows the ReLU; undefined where programs with these names differ. */
  readonly afterRelu?: boolean;
}

const PYTORCH_EPSILON = 1e-5;
const TENSORFLOW_EPSILON = 1e-3;

/** `conv1a` to the numbers of its block and of its place in it, from 0. */
const place = (layer: string): [block: number, inBlock: number] => [
  Number(layer[4]) - 1,
  layer.endsWith('a') ? 0 : 1,
];
const isHead = (layer: string) => /^conv[PD]/.test(layer);
const isDetector = (layer: string) => layer.startsWith('convP');
const norm = (layer: string) => layer.replace('conv', 'bn');

/** The published network, and those that add `bn1a …` to it. */
const published: Naming = {
  of: (layer) => ({ convolution: layer, norm: norm(layer) }),
  epsilon: PYTORCH_EPSILON,
};

/** Hugging Face transformers: no normalisation. */
const transformers: Naming = {
  of: (layer) => ({ convolution: transformersName(layer) }),
  epsilon: PYTORCH_EPSILON,
};

/** Encoders of double convolutions as in a U-Net: convolution, normalisation, ReLU. */
const doubleConvolutions: Naming = {
  of(layer) {
    if (isHead(layer)) return { convolution: layer, norm: norm(layer) };
    const [block, inBlock] = place(layer);
    const stem = block === 0 ? 'inc.conv.conv' : `down${block}.mpconv.1.conv`;
    return { convolution: `${stem}.${3 * inBlock}`, norm: `${stem}.${3 * inBlock + 1}` };
  },
  epsilon: PYTORCH_EPSILON,
  afterRelu: false,
};

/** The open weights that were trained in TensorFlow, as PyTorch modules: convolution, ReLU, normalisation. */
const fromTensorFlow: Naming = {
  of(layer) {
    const [block, inBlock] = place(layer);
    const head = isDetector(layer) ? 'detector' : 'descriptor';
    const stem = isHead(layer) ? `${head}.${inBlock}` : `backbone.${block}.${inBlock}`;
    return { convolution: `${stem}.conv`, norm: `${stem}.bn` };
  },
  epsilon: TENSORFLOW_EPSILON,
  afterRelu: true,
};

/** A PyTorch training code with those weights' order of layers, PyTorch's epsilon, and a copy of those weights. */
const blocks: Naming = {
  of(layer) {
    if (isHead(layer)) {
      const head = isDetector(layer) ? 'detector_head' : 'descriptor_head';
      return { convolution: `${head}.${layer}`, norm: `${head}.${norm(layer)}` };
    }
    const [block, inBlock] = place(layer);
    const stem = `backbone.block${block + 1}_${inBlock + 1}`;
    return { convolution: `${stem}.0`, norm: `${stem}.2` };
  },
  epsilon: PYTORCH_EPSILON,
  epsilonOfOthers: TENSORFLOW_EPSILON,
  afterRelu: true,
};

const NAMINGS = [published, transformers, doubleConvolutions, fromTensorFlow, blocks];

/** What Hugging Face transformers calls a layer of the published network. */
export function transformersName(layer: string): string {
  const letter = layer.slice(-1);
  if (isHead(layer)) {
    return isDetector(layer)
      ? `keypoint_decoder.conv_score_${letter}`
      : `descriptor_decoder.conv_descriptor_${letter}`;
  }
  return `encoder.conv_blocks.${place(layer)[0]}.conv_${letter}`;
}

type Tensors = Readonly<Record<string, StoredTensor>>;

/** The naming that fits, and what stands before each of its names (`module.`, `model.`). */
function namingOf(tensors: Tensors): { naming: Naming; prefix: string } {
  const names = Object.keys(tensors);
  for (const naming of NAMINGS) {
    const first = `${naming.of('conv1a').convolution}.weight`;
    const found = names.find((name) => name === first || name.endsWith(`.${first}`));
    if (found !== undefined) return { naming, prefix: found.slice(0, -first.length) };
  }
  const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
  throw new FormatError(
    `expected SuperPoint's or MagicPoint's weights, a tensor named conv1a.weight among them; got ${some || 'none'}`,
  );
}

/** As 32-bit floats, whatever floats they were. */
function asFloats(name: string, { dims, data }: StoredTensor): Weights[string] {
  const kind = data[Symbol.toStringTag];
  if (kind !== 'Float32Array' && kind !== 'Float64Array') {
    throw new FormatError(`${name} consists of integers (${kind.replace('Array', '')}), expected floats`);
  }
  // Also an array of another realm becomes one of this one.
  const floats = data instanceof Float32Array ? data : Float32Array.from(data as Float64Array);
  const wrong = floats.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const value = (data as Float64Array)[wrong];
    throw new FormatError(`${name} holds ${value} (at ${wrong} of ${data.length}), expected finite numbers`);
  }
  return { dims, data: floats };
}

/** Takes tensors by name and keeps account of those that nobody took. */
class Taken {
  readonly #tensors: Tensors;
  readonly #open: Set<string>;

  constructor(tensors: Tensors) {
    this.#tensors = tensors;
    this.#open = new Set(Object.keys(tensors));
  }

  /** A whole number, 0 where there is none. */
  count(name: string): number {
    this.#open.delete(name);
    return Number(this.#tensors[name]?.data[0] ?? 0);
  }

  optional(name: string): Weights[string] | undefined {
    this.#open.delete(name);
    return name in this.#tensors ? asFloats(name, this.#tensors[name]) : undefined;
  }

  required(name: string): Weights[string] {
    const found = this.optional(name);
    if (!found) throw new FormatError(`expected a tensor named ${name} among the weights`);
    return found;
  }

  get left(): string[] {
    return [...this.#open];
  }
}

function batchNormOf(name: string, taken: Taken, naming: Naming): BatchNorm | undefined {
  const mean = taken.optional(`${name}.running_mean`);
  if (!mean) return undefined;
  const batches = taken.count(`${name}.num_batches_tracked`);
  return {
    name,
    mean: mean.data,
    variance: taken.required(`${name}.running_var`).data,
    // A normalisation without scale and shift of its own has neither tensor.
    gamma: taken.optional(`${name}.weight`)?.data,
    beta: taken.optional(`${name}.bias`)?.data,
    epsilon: batches > 0 ? naming.epsilon : (naming.epsilonOfOthers ?? naming.epsilon),
  };
}

/**
 * The weights for use, `conv1a.weight [64, 1, 3, 3]` … `convDb.bias [256]`, from the tensors of a checkpoint
 * under any of the names above, batch normalisation folded in exactly.
 *
 * @throws FormatError, which names the tensor: where one is missing, of another shape, of integers or not
 *   finite, or where one is there that belongs to no layer; or where a normalisation cannot be folded exactly.
 */
export function networkWeights(tensors: Tensors): Weights {
  const { naming, prefix } = namingOf(tensors);
  const taken = new Taken(tensors);
  const describes = `${prefix}${naming.of('convDa').convolution}.weight` in tensors;
  const names = allLayers({ ...PAPER_SHAPE, descriptor: describes ? 1 : 0 });
  const layers = names.map((layer) => readLayer(layer, naming, prefix, taken));
  const [stranger] = taken.left;
  if (stranger !== undefined) {
    throw new FormatError(`${stranger} belongs to no layer of SuperPoint: with it this is another network`);
  }
  const weights = plainWeights(layers);
  checkShape(weights);
  const isNormalised = layers.some(({ batchNorm }) => batchNorm);
  return isNormalised ? foldBatchNorm(layers, naming.afterRelu) : weights;
}

function readLayer(
  { name, activated, pooled }: Layer,
  naming: Naming,
  prefix: string,
  taken: Taken,
): NormalisedLayer {
  const names = naming.of(name);
  const convolution = prefix + names.convolution;
  const batchNorm = names.norm === undefined ? undefined : batchNormOf(prefix + names.norm, taken, naming);
  const kernel = taken.required(`${convolution}.weight`);
  // A convolution before a normalisation often goes without a bias.
  const bias = batchNorm
    ? (taken.optional(`${convolution}.bias`) ?? {
        dims: [kernel.dims[0]],
        data: new Float32Array(kernel.dims[0]),
      })
    : taken.required(`${convolution}.bias`);
  return { name, activated, pooled, kernel, bias, batchNorm };
}

function plainWeights(layers: readonly NormalisedLayer[]): Weights {
  return Object.fromEntries(
    layers.flatMap(({ name, kernel, bias }) => [
      [`${name}.weight`, kernel],
      [`${name}.bias`, bias],
    ]),
  );
}

function checkShape(weights: Weights): void {
  try {
    shapeOfWeights(weights);
  } catch (cause) {
    throw new FormatError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
