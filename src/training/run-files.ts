/** Where the files of a training run lie in its folder. */
import { join } from 'node:path';

/** Paths of the checkpoint, the folded weights, the log and the sample pictures of the run in `folder`. */
export const runFiles = (folder: string) => ({
  checkpoint: join(folder, 'checkpoint.safetensors'),
  weights: join(folder, 'weights.safetensors'),
  metrics: join(folder, 'metrics.jsonl'),
  samples: join(folder, 'samples'),
});
