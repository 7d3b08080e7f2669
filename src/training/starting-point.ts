/** Where a stage of training starts: from the layers of an earlier network, as far as it has them. */
import { type Origin, weightsOrigin } from '../files/origin.js';
import { allLayers, type Layer, type NetworkShape } from '../network/architecture.js';
import {
  foldLayers,
  initialParameters,
  initialStatistics,
  tensorsOf,
  type Weights,
} from '../network/weights.js';
import type { Random } from '../random.js';
import { readCheckpoint } from './checkpoint.js';
import { TrainingError } from './run.js';
import { runFiles } from './run-files.js';
import { initialState, type TrainingState } from './step.js';

/** Weights that a later stage starts from: in training form, or folded and without statistics. */
export interface StartingPoint {
  readonly parameters: Weights;
  readonly statistics: Weights;
  /** What made them, where that is known. */
  readonly madeBy?: Origin | undefined;
}

/** The weights of the training run in `folder`, in training form. */
export async function readStartingPoint(folder: string): Promise<StartingPoint> {
  const { state, average, origin } = await readCheckpoint(runFiles(folder).checkpoint);
  const { parameters, statistics } = state;
  // The average holds both.
  return { parameters: average ?? parameters, statistics: average ?? statistics, madeBy: origin };
}

/** What a run that starts from these weights says of them. */
export function startOrigin({ parameters, statistics, madeBy }: StartingPoint): Origin {
  return weightsOrigin({ ...parameters, ...statistics }, madeBy);
}

/**
 * The layers of `start` where it has them and random ones elsewhere.
 *
 * @param plain names of the layers whose normalisation is to be folded.
 * @throws TrainingError where a layer of `start` has another shape, or is folded already and should not be.
 */
export function startingState(
  shape: NetworkShape,
  start: StartingPoint | undefined,
  random: Random,
  plain: ReadonlySet<string> = new Set(),
): TrainingState {
  const fresh = { ...initialParameters(shape, random), ...initialStatistics(shape) };
  const given = { ...start?.parameters, ...start?.statistics };
  const layers = allLayers(shape).map((layer) => {
    const own = tensorsOf(layer.name, given);
    if (Object.keys(own).length === 0) return tensorsOf(layer.name, fresh);
    checkLayer(layer, own, fresh, plain);
    return own;
  });
  const tensors = Object.entries(foldLayers(shape, Object.assign({}, ...layers), plain));
  const isStatistic = ([name]: [string, unknown]) => /\.(mean|variance)$/.test(name);
  return initialState(
    Object.fromEntries(tensors.filter((tensor) => !isStatistic(tensor))),
    Object.fromEntries(tensors.filter(isStatistic)),
  );
}

function checkLayer(
  { name, activated }: Layer,
  own: Weights,
  fresh: Weights,
  plain: ReadonlySet<string>,
): void {
  const [expected, got] = [fresh, own].map((tensors) => `[${tensors[`${name}.weight`]?.dims}]`);
  if (expected !== got) {
    throw new TrainingError(`the recipe's network has ${expected} for ${name}.weight, the start has ${got}`);
  }
  if (activated && own[`${name}.bias`] && !plain.has(name)) {
    throw new TrainingError(
      `${name} of the weights to start from has no batch normalisation: ` +
        'expected a training run, or a recipe with superpoint.normalisation "folded"',
    );
  }
}
