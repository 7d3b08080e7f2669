/** What `train` and `reproduce` make of their options. */
import { type Recipe, readRecipe } from '../training/recipe.js';
import { tellFallback } from './model.js';
import type { TrainingOptions } from './options.js';
import { abortOnSignals } from './signals.js';

/** The recipe, stretched where the options ask for it. */
export async function trainingRecipe(name: string, { stretch }: TrainingOptions): Promise<Recipe> {
  const recipe = await readRecipe(name);
  return stretch ? { ...recipe, stretch: true } : recipe;
}

/** How a run goes, by the options' names; Ctrl-C ends it after the step under way. */
export async function trainingRun(options: TrainingOptions) {
  const { overwrite, maxTime, checkpointEvery, workers, device } = options;
  const signal = abortOnSignals('the step');
  await tellFallback(device);
  return {
    overwrite,
    maxSeconds: maxTime,
    checkpointSeconds: checkpointEvery,
    workers,
    device,
    signal,
  };
}
