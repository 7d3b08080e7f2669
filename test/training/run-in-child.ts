/** Trains a small MagicPoint in the folder named on the command line; run.test.ts kills and resumes it. */
import { parseRecipe } from '../../src/training/recipe.js';
import { runStage } from '../../src/training/run.js';
import { magicPointStage } from '../../src/training/stages.js';

/** As small as a network and its pictures can be, with all that a recipe can switch on. */
export const KILLABLE_RECIPE = parseRecipe({
  name: 'killable',
  seed: 3,
  network: { encoder: [4, 4, 6, 6], head: 8, descriptor: 8 },
  magicpoint: {
    width: 64,
    height: 48,
    batch: 4,
    replicas: 2,
    steps: 40,
    learningRate: { peak: 0.02, warmupSteps: 4 },
    targets: 'soft',
    ema: 0.9,
  },
  superpoint: { width: 64, height: 64, batch: 2, steps: 0, learningRate: { peak: 0.001 } },
});

const [output] = process.argv.slice(2);
if (output) {
  const stage = { ...magicPointStage(KILLABLE_RECIPE), validate: async () => ({}) };
  await runStage(stage, { output, checkpointSeconds: 0.05 });
}
