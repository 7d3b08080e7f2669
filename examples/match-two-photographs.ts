/**
 * Matches two photographs of one wall and estimates the homography between them (`npm run demo`).
 * Other pictures: `node dist/examples/match-two-photographs.js a.jpg b.jpg`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drawMatches, encodePng, estimateHomography, matchFeatures, readImage, SuperPoint } from 'superpoint';

const photograph = (name: string) =>
  fileURLToPath(new URL(`../../examples/photographs/${name}`, import.meta.url));
const [pathA = photograph('graf1.png'), pathB = photograph('graf3.png')] = process.argv.slice(2);

const superpoint = await SuperPoint.load();
const a = await readImage(pathA);
const b = await readImage(pathB);

const featuresA = await superpoint.detect(a);
const featuresB = await superpoint.detect(b);
const matches = await matchFeatures(featuresA, featuresB);
const { H_0to1, inliers, inlierCount } = estimateHomography(featuresA, featuresB, matches, { threshold: 3 });
await superpoint.dispose();

console.log(`${pathA}\n${pathB}`);
console.log(`keypoints   ${featuresA.count} and ${featuresB.count}`);
console.log(`matches     ${matches.count}`);
console.log(`inliers     ${inlierCount}`);
if (H_0to1) {
  console.log('homography  from the first to the second photograph');
  for (const row of [0, 3, 6]) console.log(H_0to1.subarray(row, row + 3).join('  '));
} else console.log('no common plane: chance would give as many inliers');

const picture = drawMatches(a, featuresA, b, featuresB, matches, inliers);
await mkdir('runs', { recursive: true });
await writeFile('runs/matches.png', await encodePng(picture));
console.log('the picture of the matches is runs/matches.png');
