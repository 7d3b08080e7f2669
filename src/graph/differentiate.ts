/**
 * Reverse-mode differentiation: walks the nodes backwards from a scalar loss and adds, by the rule of
 * each operator (gradient-rules.ts), the nodes that compute its gradients.
 */
import { gradientRule } from './gradient-rules.js';
import type { Node, Value } from './graph.js';
import { add } from './operators.js';

/** The values that depend on one of `sources`, in a set: only through them does a gradient flow. */
function dependents(nodes: readonly Node[], sources: readonly Value[]): Set<Value> {
  const reached = new Set(sources);
  for (const node of nodes) {
    if (node.inputs.some((input) => input && reached.has(input))) {
      for (const output of node.outputs) if (output.type === 'float32') reached.add(output);
    }
  }
  return reached;
}

/**
 * Adds the gradient of `loss` (one element) with respect to each of `sources` to the graph.
 * @returns one value of the source's shape each, in order.
 * @throws Error where the loss does not depend on a source or an operator on the way has no gradient.
 */
export function differentiate(loss: Value, sources: readonly Value[]): Value[] {
  const { graph } = loss;
  const nodes = [...graph.tape];
  const reached = dependents(nodes, sources);
  const gradients = new Map<Value, Value>();
  const dims = loss.dims.map(Number);
  gradients.set(loss, graph.constant(Float32Array.of(1), dims));
  for (const node of nodes.reverse()) {
    const outputGradients = node.outputs.map((output) => gradients.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    if (!node.inputs.some((input) => input && reached.has(input))) continue;
    const wanted = node.inputs.map((input) => input !== undefined && reached.has(input));
    const inputGradients = gradientRule(node.op)(node, outputGradients, wanted);
    node.inputs.forEach((input, i) => {
      const gradient = inputGradients[i];
      if (!input || !gradient || !wanted[i]) return;
      const earlier = gradients.get(input);
      gradients.set(input, earlier ? add(earlier, gradient) : gradient);
    });
  }
  return sources.map((source) => {
    const gradient = gradients.get(source);
    if (!gradient) throw new Error(`the loss does not depend on ${source.name}`);
    return gradient;
  });
}
