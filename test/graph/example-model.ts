import { type Tensor, tensor } from '../../src/graph/session.js';
import { initialParameters } from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { detectorObjective } from '../../src/training/objective.js';
import { gradientModel } from '../../src/training/step.js';

const SHAPE = { encoder: [4, 4, 6, 6], head: 8, descriptor: 0 } as const;
const SIZE = { count: 2, width: 32, height: 24 };

/** A network's loss and gradients: most operators of this project in one model. */
export function exampleModel(): { model: Uint8Array; feeds: Record<string, Tensor> } {
  const parameters = initialParameters(SHAPE, new Random('session'));
  const random = new Random('batch');
  const fill = (...dims: number[]) =>
    tensor(
      Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.uniform()),
      dims,
    );
  const feeds = {
    ...parameters,
    images: fill(2, 1, 24, 32),
    targets: fill(2, 65, 3, 4),
    masks: tensor(new Float32Array(24).fill(1), [2, 3, 4]),
  };
  return { model: gradientModel(detectorObjective, SHAPE, parameters, SIZE), feeds };
}
