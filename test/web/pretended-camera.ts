/** A camera whose every frame is known, as Chromium pretends it. */
import { join } from 'node:path';
import { writeFileAtomic } from '../../src/files/atomic-file.js';
import type { GrayImage } from '../../src/image/image.js';

/** A video as the pretended camera takes it, again and again. */
function film(frames: readonly GrayImage[], rate: number): Uint8Array {
  const [{ width, height }] = frames;
  const chroma = Buffer.alloc((width * height) / 2, 128);
  const shown = frames.map(({ data }) =>
    Buffer.concat([
      Buffer.from('FRAME\n'),
      Uint8Array.from(data, (value) => 16 + Math.round(219 * value)),
      chroma,
    ]),
  );
  return Buffer.concat([
    Buffer.from(`YUV4MPEG2 W${width} H${height} F${rate}:1 Ip A1:1 C420mpeg2\n`),
    ...shown,
  ]);
}

/**
 * Flags of a browser whose camera shows these frames, without asking the user.
 * @param folder for the video.
 * @param rate frames a second.
 */
export async function cameraFlags(
  folder: string,
  name: string,
  frames: readonly GrayImage[],
  rate = 10,
): Promise<string[]> {
  const file = join(folder, `${name}.y4m`);
  await writeFileAtomic(file, film(frames, rate));
  return [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${file}`,
  ];
}
