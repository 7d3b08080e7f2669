/**
 * Stitches photographs of one scene into a panorama: `node dist/examples/stitch.js a.jpg b.jpg c.jpg`, which writes
 * `panorama.png`, or another file behind `--output`. Without photographs, those of the wall.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  encodePng,
  grayFromRgba,
  type RgbaImage,
  readColorImage,
  SuperPoint,
  stitchPictures,
} from 'superpoint';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { output: { type: 'string', default: 'panorama.png' } },
});
const examples = ['graf1.png', 'graf3.png'].map((name) =>
  fileURLToPath(new URL(`../../examples/photographs/${name}`, import.meta.url)),
);
const paths = positionals.length > 0 ? positionals : examples;

const superpoint = await SuperPoint.load();
const pictures: RgbaImage[] = [];
const features = [];
for (const path of paths) {
  const picture = await readColorImage(path);
  pictures.push(picture);
  features.push(await superpoint.detect(grayFromRgba(picture), { resize: 1024, maxKeypoints: 2000 }));
}
await superpoint.dispose();

const panorama = await stitchPictures(pictures, features);
if (!panorama) {
  console.error('no two of these pictures overlap such that one homography joins them');
  process.exit(1);
}
for (const [n, place] of panorama.places.entries()) {
  const state =
    typeof place === 'string' ? `left out: ${place}` : n === panorama.reference ? 'the frame' : 'joined';
  console.log(`${paths[n]}: ${state}`);
}
const { width, height } = panorama.picture;
await writeFile(values.output, await encodePng(panorama.picture));
console.log(`${values.output}: ${width}x${height}`);
