/** What Follow has without a camera: the bundled photograph before a camera that moves, as time goes on. */
import { FRAME_HEIGHT, FRAME_WIDTH, homographyOfFrame, SEQUENCE_LENGTH } from '../engine/camera-path.js';
import { openPicture, warpColors } from '../engine/pictures.js';
import { element } from '../page/dom.js';
import { wall } from '../page/wall.js';
import type { FrameSource } from '../track/sources.js';

/** Frames of the path a second. */
const RATE = 30;

export async function movingWall(): Promise<FrameSource> {
  const file = await wall();
  const { colors } = await openPicture(file, file.name);
  const canvas = element('canvas', { width: FRAME_WIDTH, height: FRAME_HEIGHT });
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser offers no canvas');
  let [elapsed, since] = [0, performance.now()];
  return {
    width: FRAME_WIDTH,
    height: FRAME_HEIGHT,
    next: async () => {
      const n = ((elapsed + performance.now() - since) / 1000) * RATE;
      const H_pictureToFrame = homographyOfFrame(n % SEQUENCE_LENGTH, colors.width, colors.height);
      const { data } = warpColors(colors, H_pictureToFrame, FRAME_WIDTH, FRAME_HEIGHT);
      context.putImageData(
        new ImageData(data as Uint8ClampedArray<ArrayBuffer>, FRAME_WIDTH, FRAME_HEIGHT),
        0,
        0,
      );
      return canvas;
    },
    pause() {
      elapsed += performance.now() - since;
    },
    resume() {
      since = performance.now();
    },
    close() {},
  };
}
