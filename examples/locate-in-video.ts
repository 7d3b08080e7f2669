/**
 * Finds a flat object in a video: `node dist/examples/locate-in-video.js poster.jpg walk.mp4`, one line of JSON a frame
 * with the object's four corners, or null where the frame does not show it. ffmpeg decodes the video.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { locatePicture, SuperPoint } from 'superpoint';

const [object, video, side = '640'] = process.argv.slice(2);
if (video === undefined) {
  console.error('usage: locate-in-video OBJECT VIDEO [LONGEST SIDE IN PIXELS]');
  process.exit(2);
}

/** Frames of a video in grey, no side longer than `longest` pixels, in the order in which they are shown. */
async function* framesOf(path: string, longest: number) {
  const scale = `scale=${longest}:${longest}:force_original_aspect_ratio=decrease`;
  const ffmpeg = spawn(
    'ffmpeg',
    ['-v', 'error', '-i', path, '-vf', scale, '-f', 'image2pipe', '-c:v', 'pgm', '-'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(ffmpeg, 'close');
  let bytes = Buffer.alloc(0);
  for await (const chunk of ffmpeg.stdout) {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      // "P5", width, height and 255 stand before the pixels of each frame
      const header = /^P5\s(\d+) (\d+)\s255\s/.exec(bytes.toString('latin1', 0, 32));
      if (!header) break;
      const [width, height] = [Number(header[1]), Number(header[2])];
      const end = header[0].length + width * height;
      if (bytes.length < end) break;
      yield { width, height, data: new Uint8Array(bytes.subarray(header[0].length, end)) };
      bytes = bytes.subarray(end);
    }
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
}

const superpoint = await SuperPoint.load({ model: 'superpoint-small-int8' });
const wanted = await superpoint.detect(object, { maxKeypoints: 1000, resize: Number(side) });
let frame = 0;
for await (const picture of framesOf(video, Number(side))) {
  const seen = await superpoint.detect(picture, { maxKeypoints: 1000 });
  const { outline, inlierCount } = await locatePicture(wanted, seen);
  const { width, height } = picture;
  console.log(
    JSON.stringify({ frame, width, height, inliers: inlierCount, outline: outline && [...outline] }),
  );
  frame++;
}
await superpoint.dispose();
