/**
 * One step of training MagicPoint at the paper's widths on 8 pictures of 120x160 (forward, loss, gradients,
 * Adam), in two arrangements of two threads, and PyTorch's in turn with them. Aim: no slower.
 *
 *   node dist/bench/training-step.js [--json] [--rounds 10]
 */
import { createSession } from '../src/graph/session.js';
import { PAPER_SHAPE } from '../src/network/architecture.js';
import { initialParameters, initialStatistics } from '../src/network/weights.js';
import { Random } from '../src/random.js';
import { createThreadedSession } from '../src/threads/threaded-session.js';
import { type DetectorBatch, emptyDetectorBatch } from '../src/training/batches.js';
import { detectorObjective } from '../src/training/objective.js';
import { initialState, openTrainingStep } from '../src/training/step.js';
import { type Contender, compare, openPyTorchPeer, report, roundsFrom, timed } from './pytorch-peer.js';

const [COUNT, HEIGHT, WIDTH, THREADS] = [8, 120, 160, 2];
const SHAPE = { ...PAPER_SHAPE, descriptor: 0 };

const random = new Random('training step');
const parameters = initialParameters(SHAPE, random);
const statistics = initialStatistics(SHAPE);

/** Noise, with the dustbin as the class of every cell. */
function noiseBatch(): DetectorBatch {
  const batch = emptyDetectorBatch(COUNT, WIDTH, HEIGHT);
  const cells = (HEIGHT * WIDTH) / 64;
  batch.images.forEach((_, i) => {
    batch.images[i] = random.uniform();
  });
  for (let n = 0; n < COUNT; n++) batch.targets.fill(1, (n * 65 + 64) * cells, (n + 1) * 65 * cells);
  batch.masks.fill(1);
  return batch;
}

const batch = noiseBatch();

async function arrangement(replicas: number): Promise<Contender & { release(): Promise<void> }> {
  const threads = THREADS / replicas;
  const size = { count: COUNT, width: WIDTH, height: HEIGHT };
  const openReplica = replicas > 1 ? createThreadedSession : createSession;
  const settings = { shape: SHAPE, parameters, statistics, size, replicas, threads, openReplica };
  const step = await openTrainingStep(detectorObjective, settings);
  let state = initialState(parameters, statistics);
  return {
    name: `ONNX Runtime, sessions: ${replicas}, threads of each: ${threads}`,
    run: () =>
      timed(async () => {
        state = (await step.run(state, batch, 1e-4)).state;
      }),
    release: step.release,
  };
}

const ours = [await arrangement(2), await arrangement(1)];
const peer = await openPyTorchPeer('training_step.py', [COUNT, HEIGHT, WIDTH, THREADS].map(String));
const contenders: Contender[] = [...ours];
if (peer) contenders.push({ name: `${peer.version}, ${THREADS} threads`, run: peer.measure });
const medians = await compare(contenders, roundsFrom(process.argv, 10));
report(`training step ${COUNT}x${HEIGHT}x${WIDTH}`, contenders, medians);
peer?.close();
for (const { release } of ours) await release();
