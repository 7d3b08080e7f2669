/**
 * From a grey picture to 1,000 keypoints with descriptors, beside ORB and AKAZE of OpenCV for JavaScript; and where
 * the time of one call goes, which should be less than .35 of the forward pass behind it.
 */
import { akaze, orb } from '../src/evaluation/rivals/binary-features.js';
import { SuperPoint } from '../src/features/superpoint.js';
import { createSession, tensor } from '../src/graph/session.js';
import { onnxModel } from '../src/network/model.js';
import { readModel } from '../src/network/model-file.js';
import { SHIPPED_MODELS } from '../src/network/shipped-models.js';
import { type Contender, type Group, timed } from './measure.js';
import { scene } from './scene.js';

const POINTS = { maxKeypoints: 1000, detectionThreshold: 0.001, nmsRadius: 4 };

/** Every model, at one size and at two, beside the features that OpenCV has. */
export async function detect(height: number, width: number): Promise<Group> {
  const image = scene(width, height);
  const names = Object.keys(SHIPPED_MODELS).filter((name) => name !== 'magicpoint');
  const networks = await Promise.all(
    names.map(async (name) => ({ name, network: await SuperPoint.load({ model: name, thread: false }) })),
  );
  const rivals = await Promise.all([orb(), akaze()]);
  return {
    title: `detect, ${height}x${width}, 1,000 keypoints`,
    unit: 'ms',
    contenders: [
      ...networks.flatMap(({ name, network }): Contender[] => [
        { name, run: () => timed(() => network.detect(image, { ...POINTS, scales: [1] })) },
        { name: `${name}, two sizes`, run: () => timed(() => network.detect(image, POINTS)) },
      ]),
      ...rivals.map((rival) => ({
        name: `OpenCV's ${rival.name}`,
        run: () => timed(() => rival.extract(image, POINTS, 'scene')),
      })),
    ],
    reference: "OpenCV's ORB",
    async close() {
      for (const { network } of networks) await network.dispose();
    },
  };
}

/** The parts of one call at one size, and the forward pass of the bare network. */
export async function afterForward(model: string): Promise<Group> {
  const [height, width] = [480, 640];
  const image = scene(width, height);
  const session = await createSession(onnxModel(await readModel(model)));
  const superpoint = await SuperPoint.load({ model, thread: false });
  const options = { ...POINTS, scales: [1] };
  const look = await superpoint.network.look(image, options);
  const points = await look.keypoints(options);
  const works: Readonly<Record<string, () => Promise<unknown>>> = {
    'forward pass': () => session.run({ image: tensor(image.data, [1, 1, height, width]) }),
    look: () => superpoint.network.look(image, options),
    keypoints: () => look.keypoints(options),
    describe: () => look.describe(points),
    detect: () => superpoint.detect(image, options),
  };
  return {
    title: `one call of ${model}, ${height}x${width}, ${points.count} keypoints`,
    unit: 'ms',
    contenders: Object.entries(works).map(([name, work]) => ({ name, run: () => timed(work) })),
    reference: 'forward pass',
    async close() {
      await session.release();
      await superpoint.dispose();
    },
  };
}
