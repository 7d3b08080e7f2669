/**
 * What carries an outline between two detections, optical flow or the matches of the last detection alone:
 *
 *     node dist/bench/following.js [--model superpoint-small-int8] [--frames 240]
 *
 * A camera moves before a photograph, 30 frames a second, every pose known; each frame has noise of its own. A
 * detection takes a number of frames, and the next one begins in the frame that it ends in, as in Follow. `flow` is
 * `PictureFollower`; `matching` leaves the outline where the last detection saw it; with a delay of 0 each frame is
 * detected before the next one comes. Told are the error of the outline's corners against the truth, in pixels of
 * the frame, and the share of frames that have an outline within 5 pixels.
 */
import { parseArgs } from 'node:util';
import { cornerError } from '../src/evaluation/metrics/homography-metrics.js';
import { SuperPoint } from '../src/features/superpoint.js';
import { type Homography, multiplyHomographies, scaleHomography } from '../src/geometry/homography.js';
import { readImage } from '../src/image/codec.js';
import type { GrayImage } from '../src/image/image.js';
import { warpImage } from '../src/image/warp-image.js';
import { locatePicture } from '../src/matching/locate-picture.js';
import { PictureFollower } from '../src/matching/picture-follower.js';
import { Random } from '../src/random.js';
import { FRAME_WIDTH, homographyOfFrame } from '../web/engine/camera-path.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'superpoint-small-int8' },
    frames: { type: 'string', default: '240' },
  },
});

const [WIDTH, HEIGHT] = [320, 240];
const NOISE = 0.02;
const DETECTION = { scales: [1], detectionThreshold: 0.01, nmsRadius: 4, maxKeypoints: 400 };
/** Frames that a detection takes. */
const DELAYS = [0, 2, 4, 8];
/** Pixels within which an outline is held. */
const HELD = 5;

const picture = await readImage('examples/photographs/graf1.png');
const half = scaleHomography(WIDTH / FRAME_WIDTH, WIDTH / FRAME_WIDTH);
const truth = (n: number) => multiplyHomographies(half, homographyOfFrame(n, picture.width, picture.height));

function frameAt(n: number): GrayImage {
  const frame = warpImage(picture, truth(n), WIDTH, HEIGHT);
  const random = new Random(`frame ${n}`);
  frame.data.forEach((value, i) => {
    frame.data[i] = Math.min(1, Math.max(0, value + NOISE * random.normal()));
  });
  return frame;
}

const superpoint = await SuperPoint.load({ model: values.model });
const target = await superpoint.detect(picture, { resize: 480, maxKeypoints: 1000 });
const frames = Array.from({ length: Number(values.frames) }, (_, n) => frameAt(n));
const found: { H: Homography | null; points: Float64Array }[] = [];
for (const frame of frames) {
  const features = await superpoint.detect(frame, DETECTION);
  const { H_pictureToFrame, matches, inliers } = await locatePicture(target, features);
  const agreeing = Array.from(inliers.keys()).filter((m) => inliers[m] === 1);
  const points = agreeing.flatMap((m) => {
    const at = 2 * matches.indices0[m];
    return [target.keypoints[at], target.keypoints[at + 1]];
  });
  found.push({ H: H_pictureToFrame, points: Float64Array.from(points) });
}
await superpoint.dispose();

/** Where each frame has the picture, if detections take so many frames. */
function outlines(delay: number, byFlow: boolean): (Homography | null)[] {
  const follower = new PictureFollower();
  let begun = 0;
  let mark: ReturnType<PictureFollower['mark']> | undefined;
  let last: Homography | null = null;
  return frames.map((frame, n) => {
    if (byFlow) follower.follow(frame);
    mark ??= follower.mark();
    if (n - begun >= delay) {
      const { H, points } = found[begun];
      last = H;
      if (byFlow) follower.anchor(mark, H, points);
      begun = delay === 0 ? n + 1 : n;
      mark = delay === 0 ? undefined : follower.mark();
    }
    return byFlow ? follower.H_pictureToFrame : last;
  });
}

console.log(`${values.model}, ${frames.length} frames of ${WIDTH}x${HEIGHT}; corners in pixels of the frame`);
for (const delay of DELAYS) {
  for (const byFlow of [false, true]) {
    const errors = outlines(delay, byFlow).map((H, n) => cornerError(H, truth(n), picture));
    const held = errors.filter((error) => error <= HELD).length / errors.length;
    const sorted = errors.sort((a, b) => a - b);
    const [median, high] = [0.5, 0.95].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
    console.log(
      `detections take ${delay} frames, ${byFlow ? 'flow    ' : 'matching'}: ` +
        `${median.toFixed(2)} px in the median, ${high.toFixed(2)} at 95 %, ${(100 * held).toFixed(1)} % held`,
    );
  }
}
