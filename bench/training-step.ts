/**
 * One step of training MagicPoint at the paper's widths on 8 pictures of 120x160 (forward, loss, gradients, Adam), in
 * two arrangements of the threads, and PyTorch's. Aim: no slower.
 */
import { createSession } from '../src/graph/session.js';
import { PAPER_SHAPE } from '../src/network/architecture.js';
import { Random } from '../src/random.js';
import { createThreadedSession } from '../src/threads/threaded-session.js';
import { type DetectorBatch, emptyDetectorBatch } from '../src/training/batches.js';
import { detectorObjective } from '../src/training/objective.js';
import { openFirstStep } from '../src/training/step.js';
import { type Contender, type Group, timed } from './measure.js';
import { openPyTorchPeer } from './pytorch-peer.js';

const [COUNT, HEIGHT, WIDTH] = [8, 120, 160];
const SHAPE = { ...PAPER_SHAPE, descriptor: 0 };

/** Noise, with the dustbin as the class of every cell. */
function noiseBatch(random: Random): DetectorBatch {
  const batch = emptyDetectorBatch(COUNT, WIDTH, HEIGHT);
  const cells = (HEIGHT * WIDTH) / 64;
  batch.images.forEach((_, i) => {
    batch.images[i] = random.uniform();
  });
  for (let n = 0; n < COUNT; n++) batch.targets.fill(1, (n * 65 + 64) * cells, (n + 1) * 65 * cells);
  batch.masks.fill(1);
  return batch;
}

export async function trainingStep(threads: number): Promise<Group> {
  const random = new Random('training step');
  const batch = noiseBatch(random);

  async function arrangement(replicas: number): Promise<Contender & { release(): Promise<void> }> {
    const each = Math.max(1, threads / replicas);
    const size = { count: COUNT, width: WIDTH, height: HEIGHT };
    const openReplica = replicas > 1 ? createThreadedSession : createSession;
    const settings = { shape: SHAPE, size, replicas, threads: each, openReplica };
    const { step, state: first } = await openFirstStep(detectorObjective, settings, random);
    let state = first;
    return {
      name: `sessions: ${replicas}, threads of each: ${each}`,
      run: () =>
        timed(async () => {
          state = (await step.run(state, batch, 1e-4)).state;
        }),
      release: step.release,
    };
  }

  const ours = [await arrangement(2), await arrangement(1)];
  const peer = await openPyTorchPeer('training_step.py', [COUNT, HEIGHT, WIDTH, threads]);
  return {
    title: `training step, ${COUNT} pictures of ${HEIGHT}x${WIDTH}`,
    unit: 'ms',
    contenders: [...ours, ...(peer ? [peer] : [])],
    reference: peer?.name ?? ours[0].name,
    async close() {
      peer?.close();
      for (const { release } of ours) await release();
    },
  };
}
