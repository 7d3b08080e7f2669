/** Adam (Kingma and Ba 2015) as graph operations. */
import type { Graph, Value } from './graph.js';
import { add, divide, multiply, sqrt, subtract } from './operators.js';

export interface AdamSettings {
  /** Decay of the running mean of gradients. @default 0.9 */
  beta1?: number;
  /** Decay of the running mean of their squares. @default 0.999 */
  beta2?: number;
  /** Keeps the division finite. @default 1e-8 */
  epsilon?: number;
}

/**
 * One update.
 * @param rate scalar: learning rate.
 * @param corrections [2]: 1 / (1 - beta1^t) and 1 / (1 - beta2^t) for step t = 1, 2, … (`adamCorrections`).
 */
export function adamUpdate(
  parameter: Value,
  gradient: Value,
  firstMoment: Value,
  secondMoment: Value,
  rate: Value,
  corrections: { first: Value; second: Value },
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamSettings = {},
): { parameter: Value; firstMoment: Value; secondMoment: Value } {
  const first = add(multiply(firstMoment, beta1), multiply(gradient, 1 - beta1));
  const second = add(multiply(secondMoment, beta2), multiply(multiply(gradient, gradient), 1 - beta2));
  const deviation = add(sqrt(multiply(second, corrections.second)), epsilon);
  const step = multiply(divide(multiply(first, corrections.first), deviation), rate);
  return { parameter: subtract(parameter, step), firstMoment: first, secondMoment: second };
}

/** Adds the scalar inputs `rate`, `correction1` and `correction2` that `adamUpdate` reads. */
export function adamInputs(graph: Graph) {
  return {
    rate: graph.input('rate', 'float32', []),
    corrections: {
      first: graph.input('correction1', 'float32', []),
      second: graph.input('correction2', 'float32', []),
    },
  };
}

/** What a run must give for the inputs of `adamInputs` at step t = 1, 2, … */
export function adamFeeds(t: number, rate: number, { beta1 = 0.9, beta2 = 0.999 }: AdamSettings = {}) {
  const scalar = (value: number) => ({ data: Float32Array.of(value), dims: [] });
  return {
    rate: scalar(rate),
    correction1: scalar(1 / (1 - beta1 ** t)),
    correction2: scalar(1 / (1 - beta2 ** t)),
  };
}
