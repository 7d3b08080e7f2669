/**
 * The forward pass of the shipped networks on one 480x640 picture, on two threads of the CPU, and PyTorch's
 * of the paper's network in turn with them. Aim: at least twice as fast.
 *
 *   node dist/bench/forward.js [--json] [--rounds 15]
 */

import { createSession, tensor } from '../src/graph/session.js';
import { onnxModel } from '../src/network/model.js';
import { readModel } from '../src/network/model-file.js';
import { SHIPPED_MODELS } from '../src/network/shipped-models.js';
import { Random } from '../src/random.js';
import { type Contender, compare, openPyTorchPeer, report, roundsFrom, timed } from './pytorch-peer.js';

const [HEIGHT, WIDTH, THREADS] = [480, 640, 2];

const random = new Random('forward');
const pixels = Float32Array.from({ length: HEIGHT * WIDTH }, () => random.uniform());
const image = tensor(pixels, [1, 1, HEIGHT, WIDTH]);

async function openShipped(name: string) {
  const model = onnxModel(await readModel(name));
  return { name, session: await createSession(model, { threads: THREADS }) };
}
const networks = await Promise.all(
  Object.keys(SHIPPED_MODELS)
    .filter((name) => name !== 'magicpoint')
    .map(openShipped),
);

const contenders: Contender[] = networks.map(({ name, session }) => ({
  name: `${name}, ${THREADS} threads`,
  run: () => timed(() => session.run({ image })),
}));
const peer = await openPyTorchPeer('forward.py', [HEIGHT, WIDTH, THREADS].map(String));
if (peer) contenders.push({ name: `${peer.version}, ${THREADS} threads`, run: peer.measure });
const medians = await compare(contenders, roundsFrom(process.argv, 15));
report(`forward pass ${HEIGHT}x${WIDTH}`, contenders, medians);
peer?.close();
for (const { session } of networks) await session.release();
