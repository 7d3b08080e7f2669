/**
 * The forward pass of the whole network on one 480x640 picture, on two threads of the CPU, and PyTorch's
 * in turn with it. Aim: at least twice as fast.
 *
 *   node dist/bench/forward.js [--json] [--rounds 15]
 */
import { createSession, tensor } from '../src/graph/session.js';
import { PAPER_SHAPE } from '../src/network/architecture.js';
import { inferenceModel } from '../src/network/inference.js';
import { foldNormalisation, initialParameters, initialStatistics } from '../src/network/weights.js';
import { Random } from '../src/random.js';
import { type Contender, compare, openPyTorchPeer, report, roundsFrom, timed } from './pytorch-peer.js';

const [HEIGHT, WIDTH, THREADS] = [480, 640, 2];

const random = new Random('forward');
const weights = foldNormalisation(
  PAPER_SHAPE,
  initialParameters(PAPER_SHAPE, random),
  initialStatistics(PAPER_SHAPE),
);
const session = await createSession(inferenceModel(weights), { threads: THREADS });
const pixels = Float32Array.from({ length: HEIGHT * WIDTH }, () => random.uniform());
const image = tensor(pixels, [1, 1, HEIGHT, WIDTH]);

const contenders: Contender[] = [
  { name: `ONNX Runtime, ${THREADS} threads`, run: () => timed(() => session.run({ image })) },
];
const peer = await openPyTorchPeer('forward.py', [HEIGHT, WIDTH, THREADS].map(String));
if (peer) contenders.push({ name: `${peer.version}, ${THREADS} threads`, run: peer.measure });
const medians = await compare(contenders, roundsFrom(process.argv, 15));
report(`forward pass ${HEIGHT}x${WIDTH}`, contenders, medians);
peer?.close();
await session.release();
