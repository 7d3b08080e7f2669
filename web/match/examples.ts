/** The pictures at hand. */
import graf1 from '../../examples/photographs/graf1.png?url';
import graf3 from '../../examples/photographs/graf3.png?url';

/** A painted wall from two sides: address and name of each picture. */
export const WALL: readonly [readonly [string, string], readonly [string, string]] = [
  [graf1, 'graf1.png'],
  [graf3, 'graf3.png'],
];

/** The picture turned by 35 degrees and shrunk to three quarters. */
export async function turnedCopy(original: File): Promise<File> {
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
