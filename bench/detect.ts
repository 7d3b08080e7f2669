/**
 * From a grey picture to 1,000 keypoints with descriptors, beside ORB and AKAZE of OpenCV for JavaScript; and where
 * the time of one call goes, which should be less than .35 of the forward pass behind it.
 */
import { akaze, orb } from '../src/evaluation/rivals/binary-features.js';
import { SuperPoint } from '../src/features/superpoint.js';
import { createSession, tensor } from '../src/graph/session.js';
import { onnxModel } from '../src/network/model.js';
import { readModel } from '../src/network/model-file.js';
import { type Group, timed } from './measure.js';
import { DESCRIBING, scene } from './scene.js';
import { closeAll, separately } from './separately.js';

const POINTS = { maxKeypoints: 1000, detectionThreshold: 0.001, nmsRadius: 4 };

/** One call of a network. @param scales as the option. */
export async function openDetect(model: string, height: number, width: number, scales: readonly number[]) {
  const image = scene(width, height);
  const superpoint = await SuperPoint.load({ model, thread: false });
  return () => timed(() => superpoint.detect(image, { ...POINTS, scales }));
}

const RIVALS = { ORB: orb, AKAZE: akaze };

/** The same of OpenCV's. */
export async function openRival(name: keyof typeof RIVALS, height: number, width: number) {
  const image = scene(width, height);
  const rival = await RIVALS[name]();
  return () => timed(() => rival.extract(image, POINTS, 'scene'));
}

/** Every model, at one size and at two, beside the features that OpenCV has. */
export async function detect(height: number, width: number): Promise<Group> {
  const ours = (name: string, model: string, scales: readonly number[]) =>
    separately(name, import.meta.url, openDetect, model, height, width, scales);
  const rival = (name: keyof typeof RIVALS) =>
    separately(`OpenCV's ${name}`, import.meta.url, openRival, name, height, width);
  const contenders = await Promise.all([
    ...DESCRIBING.flatMap((name) => [ours(name, name, [1]), ours(`${name}, two sizes`, name, [1, 0.5])]),
    rival('ORB'),
    rival('AKAZE'),
  ]);
  return {
    title: `detect, ${height}x${width}, 1,000 keypoints`,
    unit: 'ms',
    contenders,
    reference: "OpenCV's ORB",
    close: () => closeAll(contenders),
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
