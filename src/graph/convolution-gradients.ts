/** Gradients of the operators on feature maps in convolution.ts. */
import { channelAffine, channelDot, channelSum, convolution, patches } from './convolution.js';
import { type GradientRule, type Graph, staticDims, type Value } from './graph.js';
import { concat, expand, matMul, multiply, pad, reduceSum, reshape, slice, transpose } from './operators.js';

/** weight [O, I, k, k] as the kernel that carries a gradient back: [I, O, k, k], turned by 180°. */
function reversedKernel(weight: Value): Value {
  const [outputs, inputs, size] = staticDims(weight) as [number, number, number];
  const swapped = transpose(weight, [1, 0, 2, 3]);
  if (size === 1) return swapped;
  const taps = size * size;
  const order = weight.graph.integers(Array.from({ length: taps }, (_, i) => taps - 1 - i));
  const flat = { type: weight.type, dims: [inputs, outputs, taps] };
  const [turned] = weight.graph.node('Gather', [reshape(swapped, flat.dims), order], [flat], { axis: 2 });
  return reshape(turned, [inputs, outputs, size, size]);
}

/** A map [N, C, H, W] and its copies moved right and left by one, zeros moving in: [N, 3 C, H W]. */
function columnCopies(x: Value): Value {
  const [batch, channels, height, width] = staticDims(x) as [number, number, number, number];
  const flat = (map: Value) => reshape(map, [batch, channels, height * width]);
  const right = pad(x, [0, 0, 0, 1], [0, 0, 0, -1]);
  const left = pad(x, [0, 0, 0, -1], [0, 0, 0, 1]);
  return reshape(concat([right, x, left].map(flat), 2), [batch, 3 * channels, height * width]);
}

/** A map [N, C, H, W] and its copies moved up and down by one, zeros moving in: [N, 3 C, H W]. */
function rowCopies(x: Value): Value {
  const [batch, channels, height, width] = staticDims(x) as [number, number, number, number];
  const pixels = height * width;
  const flat = reshape(x, [batch, channels, pixels]);
  const row = expand(x.graph.scalar(0), [batch, channels, width]);
  // One after the other they are the rows without the first, zeros, all, zeros, those without the last.
  const up = slice(flat, [2], [width], [pixels]);
  const down = slice(flat, [2], [0], [pixels - width]);
  return reshape(concat([up, row, flat, row, down], 2), [batch, 3 * channels, pixels]);
}

/**
 * Gradient of a 3 x 3 kernel. Each of its nine taps is the product of the input, moved, and the output
 * gradient. Moving one along the rows and the other along the columns needs six copies, not nine, and
 * makes one matrix product of all taps.
 */
function kernelGradient3x3(x: Value, gradient: Value): Value {
  const inputs = Number(x.dims[1]);
  const outputs = Number(gradient.dims[1]);
  const products = matMul(rowCopies(gradient), columnCopies(x), { b: true });
  const taps = reshape(reduceSum(products, [0], false), [outputs, 3, inputs, 3]);
  return transpose(taps, [0, 2, 1, 3]);
}

/** Gradient of the 3 x 3 kernel of a layer that reads a one-channel picture. */
function firstKernelGradient(x: Value, gradient: Value): Value {
  const [batch, outputs, height, width] = staticDims(gradient) as [number, number, number, number];
  const flat = reshape(gradient, [batch, outputs, height * width]);
  const products = reduceSum(matMul(flat, patches(x), { b: true }), [0], false);
  return reshape(products, [outputs, 1, 3, 3]);
}

/** Gradient of a 1 x 1 kernel: one matrix product over all pixels. */
function kernelGradient1x1(x: Value, gradient: Value): Value {
  const [batch, inputs, height, width] = staticDims(x) as [number, number, number, number];
  const outputs = Number(gradient.dims[1]);
  const product = matMul(
    reshape(gradient, [batch, outputs, height * width]),
    reshape(x, [batch, inputs, height * width]),
    { b: true },
  );
  return reshape(reduceSum(product, [0], false), [outputs, inputs, 1, 1]);
}

function kernelGradient(x: Value, weight: Value, gradient: Value): Value {
  if (weight.dims[2] === 1) return kernelGradient1x1(x, gradient);
  if (weight.dims[2] !== 3) throw new Error(`no gradient for a kernel of shape [${weight.dims}]`);
  return x.dims[1] === 1 ? firstKernelGradient(x, gradient) : kernelGradient3x3(x, gradient);
}

export const convolutionGradients: GradientRule = (node, [gradient], wanted) => {
  const [x, weight] = node.inputs as Value[];
  return [
    wanted[0] ? convolution(gradient!, reversedKernel(weight!)) : undefined,
    wanted[1] ? kernelGradient(x!, weight!, gradient!) : undefined,
    wanted[2] ? channelSum(gradient!) : undefined,
  ];
};

/** Puts each gradient back where its maximum stood. */
export const maxPoolGradients: GradientRule = (node, [gradient]) => {
  const [x] = node.inputs as [Value];
  const indices = node.outputs[1];
  if (!indices) throw new Error('expected a max-pool that keeps its indices: use indexedMaxPool');
  const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
  const shape = x.graph.integers(staticDims(x));
  return x.graph.node('MaxUnpool', [gradient, indices, shape], [x], attributes);
};

function zeros(graph: Graph, count: number): Value {
  return graph.constant(new Float32Array(count), [count]);
}

export const channelAffineGradients: GradientRule = (node, [gradient], wanted) => {
  const [x, scale] = node.inputs as [Value, Value];
  return [
    wanted[0] ? channelAffine(gradient!, scale, zeros(x.graph, Number(x.dims[1]))) : undefined,
    wanted[1] ? channelDot(gradient!, x) : undefined,
    wanted[2] ? channelSum(gradient!) : undefined,
  ];
};

/** d mean / dx = 1 / count, d meanSquare / dx = 2 x / count: together one pass over x. */
export const momentsGradients: GradientRule = (node, [meanGradient, squareGradient]) => {
  const [x] = node.inputs as [Value];
  const [batch, channels, height, width] = staticDims(x) as [number, number, number, number];
  const count = batch * height * width;
  const none = zeros(x.graph, channels);
  const shift = meanGradient ? multiply(meanGradient, 1 / count) : none;
  const scale = squareGradient ? multiply(squareGradient, 2 / count) : none;
  return [channelAffine(x, scale, shift)];
};
