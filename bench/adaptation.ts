/** Labels of one photograph by Homographic Adaptation with N = 100 views (§5), at the size of the paper. */
import { labelImage } from '../src/adaptation/labeller.js';
import { Network } from '../src/features/network.js';
import { ADAPTATION_HOMOGRAPHIES } from '../src/geometry/sample-homography.js';
import { type Group, timed } from './measure.js';
import { scene } from './scene.js';

const ROUND = {
  warps: 100,
  homographies: ADAPTATION_HOMOGRAPHIES,
  detectionThreshold: 0.015,
  nmsRadius: 4,
  cornerRadius: 0,
};

export async function adaptation(): Promise<Group> {
  const image = scene(320, 240);
  const networks = await Promise.all(
    ['magicpoint', 'superpoint-small'].map(async (name) => ({
      name,
      network: await Network.load(name, { thread: false }),
    })),
  );
  return {
    title: 'Homographic Adaptation of a photograph of 240x320, 100 views',
    unit: 'ms',
    contenders: networks.map(({ name, network }) => ({
      name,
      run: () =>
        timed(() =>
          labelImage((views) => network.heatmaps(views), 'scene', image, { round: ROUND, seed: 1 }),
        ),
    })),
    reference: 'magicpoint',
    async close() {
      for (const { network } of networks) await network.dispose();
    },
  };
}
