/** The pictures at hand. */

import { fetchFile } from '../page/files.js';
import { wall } from '../page/wall.js';
import graf3 from '../pictures/graf3.webp';

/** The pairs of pictures at hand, by their names in an address. */
export const EXAMPLES: Readonly<Record<string, (() => Promise<File[]>) | undefined>> = {
  wall: () => Promise.all([wall(), fetchFile(graf3, 'graf3.webp')]),
  turned: async () => {
    const original = await wall();
    return [original, await turnedCopy(original)];
  },
};

/** The picture turned by 35 degrees and shrunk to three quarters. */
async function turnedCopy(original: File): Promise<File> {
  const bitmap = await createImageBitmap(original);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser offers no canvas');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((35 * Math.PI) / 180);
  context.scale(0.75, 0.75);
  context.drawImage(bitmap, -bitmap.width / 2, -bitmap.height / 2);
  bitmap.close();
  return new File([await canvas.convertToBlob({ type: 'image/png' })], 'turned.png');
}
