/**
 * Checks the gradients that `differentiate` builds against central differences: both computed in float32
 * by ONNX Runtime, the differences of fourth order and summed in float64.
 */
import assert from 'node:assert/strict';
import { differentiate } from '../../src/graph/differentiate.js';
import { Graph, type Value } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { add, multiply, reduceSum } from '../../src/graph/operators.js';
import { createSession, type Tensor } from '../../src/graph/session.js';
import { Random } from '../../src/random.js';

/** What is checked: `build` makes one or more float outputs of the inputs. */
export interface GradientCase {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly build: (values: Record<string, Value>) => Value | readonly Value[];
  /** Inputs that are given but have no gradient, such as conditions. */
  readonly constant?: readonly string[];
}

/** Distance of the samples: fourth-order differences lose no more to truncation than to rounding. */
const STEP = 0.02;
/** Largest allowed difference, relative to max(1, |gradient|). */
const TOLERANCE = 3e-4;

interface BuiltCase {
  readonly graph: Graph;
  readonly values: Record<string, Value>;
  readonly outputs: readonly Value[];
}

function buildCase({ inputs, build, constant = [] }: GradientCase): BuiltCase {
  const graph = new Graph('case');
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, dims }]) =>
      constant.includes(name)
        ? [name, graph.constant(data, dims)]
        : [name, graph.input(name, 'float32', dims)],
    ),
  );
  return { graph, values, outputs: [build(values)].flat() };
}

/** The operators through which gradients flow in a case. */
export function operatorsOf(example: GradientCase): Set<string> {
  return new Set(buildCase(example).graph.tape.map(({ op }) => op));
}

/** Fixed weights that make one number of each output. */
function cotangentOf(value: Value, index: number): Float32Array {
  const random = new Random(`cotangent ${index}`);
  const size = value.dims.reduce<number>((product, dim) => product * Number(dim), 1);
  return Float32Array.from({ length: size }, () => random.normal());
}

/** The gradients of the weighted sum of all outputs with respect to each input that varies. */
export async function gradientsOf(example: GradientCase): Promise<Record<string, Tensor>> {
  const { graph, values, outputs } = buildCase(example);
  const names = Object.keys(example.inputs).filter((name) => !example.constant?.includes(name));
  const weighted = outputs.map((output, i) => {
    const product = multiply(output, graph.constant(cotangentOf(output, i), output.dims.map(Number)));
    return output.dims.length === 0 ? product : reduceSum(product, [...output.dims.keys()], false);
  });
  const gradients = differentiate(
    weighted.reduce((sum, term) => add(sum, term)),
    names.map((name) => values[name]),
  );
  names.forEach((name, i) => {
    graph.output(`gradient.${name}`, gradients[i]);
  });
  const session = await createSession(encodeModel(graph), { threads: 1 });
  const feeds = Object.fromEntries(names.map((name) => [name, example.inputs[name]]));
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(names.map((name) => [name, results[`gradient.${name}`]]));
}

/** Fails where a gradient of the case differs from its central difference. */
export async function checkGradients(example: GradientCase): Promise<void> {
  const gradients = await gradientsOf(example);
  const { graph, outputs } = buildCase(example);
  outputs.forEach((output, i) => {
    graph.output(`output ${i}`, output);
  });
  const session = await createSession(encodeModel(graph), { threads: 1 });
  const feeds = Object.fromEntries(Object.keys(gradients).map((name) => [name, example.inputs[name]]));
  const cotangents = outputs.map(cotangentOf);
  const evaluate = async () => {
    const results = await session.run(feeds);
    const perOutput = outputs.map((output, i) => {
      const { data, dims } = results[`output ${i}`];
      assert.deepEqual([...dims], [...output.dims], 'the shape that was inferred');
      return cotangents[i].reduce((sum, weight, j) => sum + weight * Number(data[j]), 0);
    });
    return perOutput.reduce((sum, value) => sum + value, 0);
  };
  for (const [name, { data: gradient, dims }] of Object.entries(gradients)) {
    const { data: original, dims: inputDims } = example.inputs[name];
    assert.deepEqual([...dims], [...inputDims], `the shape of the gradient of ${name}`);
    for (let i = 0; i < original.length; i++) {
      const at = async (offset: number) => {
        const moved = Float32Array.from(original as Float32Array);
        moved[i] += offset * STEP;
        feeds[name] = { data: moved, dims: inputDims };
        // What float32 makes of the offset is what the difference is divided by.
        return { x: moved[i], y: await evaluate() };
      };
      const [low2, low, high, high2] = [await at(-2), await at(-1), await at(1), await at(2)];
      const near = (high.y - low.y) / (high.x - low.x);
      const far = (high2.y - low2.y) / (high2.x - low2.x);
      const expected = (4 * near - far) / 3;
      const difference = Math.abs(Number(gradient[i]) - expected);
      assert.ok(
        difference <= TOLERANCE * Math.max(1, Math.abs(expected)),
        `gradient of ${name} at ${i}: got ${gradient[i]}, central difference ${expected}`,
      );
    }
    feeds[name] = example.inputs[name];
  }
  await session.release();
}
