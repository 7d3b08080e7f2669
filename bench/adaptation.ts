/** Labels of one photograph by Homographic Adaptation with N = 100 views (§5), at the size of the paper. */
import { labelImage } from '../src/adaptation/labeller.js';
import { Network } from '../src/features/network.js';
import { ADAPTATION_HOMOGRAPHIES } from '../src/geometry/sample-homography.js';
import { type Group, timed } from './measure.js';
import { scene } from './scene.js';
import { closeAll, separately } from './separately.js';

const ROUND = {
  warps: 100,
  homographies: ADAPTATION_HOMOGRAPHIES,
  detectionThreshold: 0.015,
  nmsRadius: 4,
  cornerRadius: 0,
};

/** The labels of one photograph by a network. */
export async function openLabelling(model: string) {
  const image = scene(320, 240);
  const network = await Network.load(model, { thread: false });
  const settings = { round: ROUND, seed: 1 };
  return () => timed(() => labelImage((views) => network.heatmaps(views), 'scene', image, settings));
}

export async function adaptation(): Promise<Group> {
  const contenders = await Promise.all(
    ['magicpoint', 'superpoint-small'].map((name) => separately(name, import.meta.url, openLabelling, name)),
  );
  return {
    title: 'Homographic Adaptation of a photograph of 240x320, 100 views',
    unit: 'ms',
    contenders,
    reference: 'magicpoint',
    close: () => closeAll(contenders),
  };
}
