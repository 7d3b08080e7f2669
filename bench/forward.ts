/** The forward pass of the shipped networks at 480x640, and PyTorch's of the paper's. Aim: twice as fast. */
import { createSession, tensor } from '../src/graph/session.js';
import { onnxModel } from '../src/network/model.js';
import { readModel } from '../src/network/model-file.js';
import { SHIPPED_MODELS } from '../src/network/shipped-models.js';
import { Random } from '../src/random.js';
import { type Group, timed } from './measure.js';
import { openPyTorchPeer } from './pytorch-peer.js';

const [HEIGHT, WIDTH] = [480, 640];

export async function forward(threads: number): Promise<Group> {
  const random = new Random('forward');
  const pixels = Float32Array.from({ length: HEIGHT * WIDTH }, () => random.uniform());
  const image = tensor(pixels, [1, 1, HEIGHT, WIDTH]);
  const names = Object.keys(SHIPPED_MODELS).filter((name) => name !== 'magicpoint');
  const networks = await Promise.all(
    names.map(async (name) => ({
      name,
      session: await createSession(onnxModel(await readModel(name)), { threads }),
    })),
  );
  const peer = await openPyTorchPeer('forward.py', [HEIGHT, WIDTH, threads]);
  return {
    title: `forward pass, ${HEIGHT}x${WIDTH}`,
    unit: 'ms',
    contenders: [
      ...networks.map(({ name, session }) => ({ name, run: () => timed(() => session.run({ image })) })),
      ...(peer ? [peer] : []),
    ],
    reference: peer?.name ?? 'superpoint',
    async close() {
      peer?.close();
      for (const { session } of networks) await session.release();
    },
  };
}
