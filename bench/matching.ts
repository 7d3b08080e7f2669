/** Mutual nearest neighbours of N descriptors of 256 numbers with N others, and homographies from 1,000 matches. */
import { estimateWithOpenCv, type RobustSettings } from '../src/evaluation/rivals/homography-estimators.js';
import { loadOpenCv, type Mat, withOpenCv } from '../src/evaluation/rivals/opencv.js';
import type { Features } from '../src/features/features.js';
import { estimateHomography } from '../src/geometry/estimate-homography.js';
import { warpPoints } from '../src/geometry/homography.js';
import { PAIR_HOMOGRAPHIES, sampleHomography } from '../src/geometry/sample-homography.js';
import { matchFeatures } from '../src/matching/match-features.js';
import { Random } from '../src/random.js';
import { type Group, timed } from './measure.js';
import { closeAll, separately } from './separately.js';

const DIM = 256;
const [WIDTH, HEIGHT] = [640, 480];

/** Random descriptors of length 1 at random places. */
function randomFeatures(count: number, seed: number): Features {
  const random = new Random(seed);
  const descriptors = Float32Array.from({ length: DIM * count }, () => random.normal());
  for (let n = 0; n < count; n++) {
    const row = descriptors.subarray(DIM * n, DIM * (n + 1));
    const length = Math.hypot(...row);
    for (let i = 0; i < DIM; i++) row[i] /= length;
  }
  const keypoints = Float32Array.from({ length: 2 * count }, (_, i) =>
    random.between(0, i % 2 === 0 ? WIDTH - 1 : HEIGHT - 1),
  );
  const scores = new Float32Array(count).fill(0.1);
  return { width: WIDTH, height: HEIGHT, count, keypoints, scores, descriptors, descriptorDim: DIM };
}

/** What matching asks of OpenCV beyond what the evaluation does. */
interface Matcher {
  BFMatcher: new (
    norm: number,
    crossCheck: boolean,
  ) => { match(a: Mat, b: Mat, out: unknown): void; delete(): void };
  DMatchVector: new () => { delete(): void };
  matFromArray(rows: number, columns: number, type: number, data: ArrayLike<number>): Mat;
  readonly NORM_L2: number;
  readonly CV_32F: number;
}

/** Our matches of two sets. */
export async function openMatching(count: number) {
  const [features0, features1] = [randomFeatures(count, 1), randomFeatures(count, 2)];
  return () => timed(() => matchFeatures(features0, features1, { thread: false }));
}

/** OpenCV's. */
export async function openBruteForce(count: number) {
  const [features0, features1] = [randomFeatures(count, 1), randomFeatures(count, 2)];
  await loadOpenCv();
  const bruteForce = () =>
    withOpenCv((cv, keep) => {
      const { BFMatcher, DMatchVector, matFromArray, NORM_L2, CV_32F } = cv as unknown as Matcher;
      const rows = ({ descriptors }: Features) => keep(matFromArray(count, DIM, CV_32F, descriptors));
      keep(new BFMatcher(NORM_L2, true)).match(rows(features0), rows(features1), keep(new DMatchVector()));
    });
  return () => timed(bruteForce);
}

export async function matching(count: number): Promise<Group> {
  const contenders = [
    await separately('matchFeatures', import.meta.url, openMatching, count),
    await separately("OpenCV's BFMatcher, mutual", import.meta.url, openBruteForce, count),
  ];
  return {
    title: `match ${count} with ${count} descriptors of ${DIM} numbers`,
    unit: 'ms',
    contenders,
    reference: "OpenCV's BFMatcher, mutual",
    close: () => closeAll(contenders),
  };
}

/** 1,000 matches of a view, a share of them wrong. */
export async function homographies(wrong: number): Promise<Group> {
  const count = 1000;
  const random = new Random('homographies');
  const features0 = randomFeatures(count, 3);
  const H_0to1 = sampleHomography(random, WIDTH, HEIGHT, PAIR_HOMOGRAPHIES);
  const elsewhere = randomFeatures(count, 4).keypoints;
  const keypoints = warpPoints(H_0to1, features0.keypoints).map((value, i) =>
    (i >> 1) % 100 < 100 * wrong ? elsewhere[i] : value + random.normal(0, 0.7),
  );
  const features1 = { ...features0, keypoints: Float32Array.from(keypoints) };
  const indices = Int32Array.from({ length: count }, (_, i) => i);
  const matches = {
    count,
    indices0: indices,
    indices1: indices,
    similarities: new Float32Array(count).fill(1),
  };
  const settings: RobustSettings = { threshold: 3, maxIterations: 10_000, confidence: 0.9995 };
  const { RANSAC, USAC_MAGSAC } = await loadOpenCv();
  const openCv = (method: number) => () =>
    timed(() => estimateWithOpenCv(features0, features1, matches, settings, method));
  return {
    title: `homography from ${count} matches, ${100 * wrong} % wrong`,
    unit: 'ms',
    contenders: [
      {
        name: 'estimateHomography',
        run: () => timed(() => estimateHomography(features0, features1, matches, settings)),
      },
      { name: "OpenCV's RANSAC", run: openCv(RANSAC) },
      ...(USAC_MAGSAC ? [{ name: "OpenCV's USAC_MAGSAC", run: openCv(USAC_MAGSAC) }] : []),
    ],
    reference: "OpenCV's RANSAC",
  };
}
