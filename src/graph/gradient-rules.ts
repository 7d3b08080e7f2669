/**
 * The gradient of each operator: given a node and the gradients of its outputs, the gradients of its
 * inputs. Rules of convolution, pooling and per-channel operations stand in convolution-gradients.ts.
 */
import {
  channelAffineGradients,
  convolutionGradients,
  maxPoolGradients,
  momentsGradients,
} from './convolution-gradients.js';
import { type GradientRule, type Node, staticDims, type Value } from './graph.js';
import {
  axisOf,
  cast,
  divide,
  equal,
  exp,
  expand,
  greater,
  lessOrEqual,
  matMul,
  multiply,
  negate,
  pad,
  reduceSum,
  reshape,
  scatterSum,
  sign,
  slice,
  subtract,
  transpose,
  where,
} from './operators.js';

/** Sums a gradient over the axes along which its operand was broadcast. */
export function sumToShape(gradient: Value, target: Value): Value {
  const dims = staticDims(target);
  const extra = gradient.dims.length - dims.length;
  const axes = gradient.dims.flatMap((dim, i) =>
    i < extra || (dims[i - extra] === 1 && dim !== 1) ? [i] : [],
  );
  if (axes.length === 0) return gradient;
  const summed = reduceSum(gradient, axes);
  return extra > 0 ? reshape(summed, dims) : summed;
}

type ElementRule = (g: Value, inputs: Value[], output: Value, node: Node) => (Value | undefined)[];

/** A rule for a node of one output; undefined results stand for inputs without a gradient. */
function rule(elementRule: ElementRule): GradientRule {
  return (node, [gradient]) => elementRule(gradient!, node.inputs as Value[], node.outputs[0]!, node);
}

/** As `rule`, and sums each result over the axes along which that input was broadcast. */
function broadcastRule(
  elementRule: (g: Value, inputs: Value[], output: Value) => (() => Value)[],
): GradientRule {
  return (node, [gradient], wanted) =>
    elementRule(gradient!, node.inputs as Value[], node.outputs[0]!).map((make, i) =>
      wanted[i] ? sumToShape(make(), node.inputs[i]!) : undefined,
    );
}

function asFloat(condition: Value): Value {
  return cast(condition, 'float32');
}

/** [..., m, k] x [..., k, n], each possibly read transposed. */
const matMulRule: GradientRule = (node, [gradient], wanted) => {
  const [a, b] = node.inputs as [Value, Value];
  const ta = node.attributes.transA === 1;
  const tb = node.attributes.transB === 1;
  const forA = () => (ta ? matMul(b, gradient!, { a: tb, b: true }) : matMul(gradient!, b, { b: !tb }));
  const forB = () => (tb ? matMul(gradient!, a, { a: true, b: ta }) : matMul(a, gradient!, { a: !ta }));
  return [wanted[0] ? sumToShape(forA(), a) : undefined, wanted[1] ? sumToShape(forB(), b) : undefined];
};

/** The numbers of a constant of int64, such as axes or margins. */
function integersOf(value: Value): number[] {
  const constant = value.graph.constants.find((candidate) => candidate.value === value);
  return Array.from(constant!.data as BigInt64Array, Number);
}

/** The axes of a reduction, counted from the front. */
function axesOf(node: Node): number[] {
  const axes = (node.attributes.axes as number[] | undefined) ?? integersOf(node.inputs[1]!);
  return axes.map((axis) => axisOf(node.inputs[0]!, axis));
}

/** The gradient of a reduction, spread over the input's shape. */
function spread(gradient: Value, node: Node): Value {
  const dims = staticDims(node.inputs[0]!);
  const axes = axesOf(node);
  const kept = dims.map((dim, i) => (axes.includes(i) ? 1 : dim));
  return expand(reshape(gradient, kept), dims);
}

function elementsReduced(node: Node): number {
  const size = (value: Value) => staticDims(value).reduce((product, dim) => product * dim, 1);
  return size(node.inputs[0]!) / size(node.outputs[0]!);
}

function softmaxAxis(node: Node): number {
  return axisOf(node.outputs[0], node.attributes.axis as number);
}

const RULES: Record<string, GradientRule> = {
  Identity: rule((g) => [g]),
  Add: broadcastRule((g) => [() => g, () => g]),
  Sub: broadcastRule((g) => [() => g, () => negate(g)]),
  Mul: broadcastRule((g, [a, b]) => [() => multiply(g, b), () => multiply(g, a)]),
  Div: broadcastRule((g, [, b], quotient) => [
    () => divide(g, b),
    () => negate(divide(multiply(g, quotient), b)),
  ]),
  // A tie goes to the first operand alone, so that the gradient is not counted twice.
  Max: broadcastRule((g, [a, b]) => [
    () => multiply(g, asFloat(lessOrEqual(b, a))),
    () => multiply(g, asFloat(greater(b, a))),
  ]),
  Min: broadcastRule((g, [a, b]) => [
    () => multiply(g, asFloat(lessOrEqual(a, b))),
    () => multiply(g, asFloat(greater(a, b))),
  ]),
  Neg: rule((g) => [negate(g)]),
  Exp: rule((g, _, y) => [multiply(g, y)]),
  Log: rule((g, [x]) => [divide(g, x)]),
  Sqrt: rule((g, _, y) => [divide(g, multiply(y, 2))]),
  Abs: rule((g, [x]) => [multiply(g, sign(x))]),
  // Compare and convert are vectorised, unlike Where and Sign.
  Relu: rule((g, _, y) => [multiply(g, asFloat(greater(y, 0)))]),
  Softmax: rule((g, _, y, node) => {
    const weighted = multiply(g, y);
    return [subtract(weighted, multiply(y, reduceSum(weighted, [softmaxAxis(node)])))];
  }),
  LogSoftmax: rule((g, _, y, node) => [subtract(g, multiply(exp(y), reduceSum(g, [softmaxAxis(node)])))]),
  Where: broadcastRule((g, [condition]) => {
    const zero = g.graph.scalar(0);
    return [() => zero, () => where(condition, g, zero), () => where(condition, zero, g)];
  }),
  MatMul: matMulRule,
  FusedMatMul: matMulRule,
  Transpose: rule((g, _, __, node) => {
    const permutation = node.attributes.perm as number[];
    return [
      transpose(
        g,
        permutation.map((_axis, i) => permutation.indexOf(i)),
      ),
    ];
  }),
  Reshape: rule((g, [x]) => [reshape(g, staticDims(x)), undefined]),
  Expand: rule((g, [x]) => [sumToShape(g, x), undefined]),
  ReduceSum: rule((g, _, __, node) => [spread(g, node), undefined]),
  ReduceMean: rule((g, _, __, node) => [spread(multiply(g, 1 / elementsReduced(node)), node)]),
  ReduceMax: rule((g, [x], y, node) => {
    const isMaximum = asFloat(equal(x, spread(y, node)));
    const count = reduceSum(isMaximum, axesOf(node));
    return [multiply(multiply(isMaximum, divide(isMaximum.graph.scalar(1), count)), spread(g, node))];
  }),
  Slice: rule((g, [x, starts, ends, axes]) => {
    const dims = staticDims(x);
    const [before, after] = [dims.map(() => 0), dims.map(() => 0)];
    const [first, end] = [integersOf(starts), integersOf(ends)];
    integersOf(axes).forEach((given, i) => {
      const axis = axisOf(x, given);
      before[axis] = first[i];
      after[axis] = dims[axis] - end[i];
    });
    return [pad(g, before, after)];
  }),
  Gather: rule((g, [x, indices]) => [scatterSum(g, indices, staticDims(x)[0]), undefined]),
  Concat: (node, [gradient]) => {
    const axis = node.attributes.axis as number;
    let start = 0;
    return (node.inputs as Value[]).map((input) => {
      const end = start + Number(input.dims[axis]);
      const part = slice(gradient!, [axis], [start], [end]);
      start = end;
      return part;
    });
  },
  Pad: rule((g, [x, amounts]) => {
    const back = integersOf(amounts).map((amount) => -amount);
    return [pad(g, back.slice(0, x.dims.length), back.slice(x.dims.length))];
  }),
  Conv: convolutionGradients,
  MaxPool: maxPoolGradients,
  ChannelAffine: channelAffineGradients,
  Moments: momentsGradients,
};

/** The rule of an operator; throws where there is none. */
export function gradientRule(op: string): GradientRule {
  const found = RULES[op];
  if (!found) throw new Error(`no gradient is known for the operator ${op}`);
  return found;
}

/** The operators that can be differentiated. */
export const DIFFERENTIABLE_OPERATORS: readonly string[] = Object.keys(RULES);
