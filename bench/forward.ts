/** The forward pass of the shipped networks at 480x640, and PyTorch's of the paper's. Aim: twice as fast. */
import { createSession, tensor } from '../src/graph/session.js';
import { onnxModel } from '../src/network/model.js';
import { readModel } from '../src/network/model-file.js';
import { Random } from '../src/random.js';
import { type Group, timed } from './measure.js';
import { openPyTorchPeer } from './pytorch-peer.js';
import { DESCRIBING } from './scene.js';
import { closeAll, separately } from './separately.js';

const [HEIGHT, WIDTH] = [480, 640];

/** The forward pass of one network on noise. */
export async function openForward(name: string, threads: number) {
  const random = new Random('forward');
  const pixels = Float32Array.from({ length: HEIGHT * WIDTH }, () => random.uniform());
  const image = tensor(pixels, [1, 1, HEIGHT, WIDTH]);
  const session = await createSession(onnxModel(await readModel(name)), { threads });
  return () => timed(() => session.run({ image }));
}

export async function forward(threads: number): Promise<Group> {
  const networks = await Promise.all(
    DESCRIBING.map((name) => separately(name, import.meta.url, openForward, name, threads)),
  );
  const peer = await openPyTorchPeer('forward.py', [HEIGHT, WIDTH, threads]);
  return {
    title: `forward pass, ${HEIGHT}x${WIDTH}`,
    unit: 'ms',
    contenders: [...networks, ...(peer ? [peer] : [])],
    reference: peer?.name ?? 'superpoint',
    async close() {
      peer?.close();
      await closeAll(networks);
    },
  };
}
