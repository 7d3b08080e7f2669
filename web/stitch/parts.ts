/** The example of Stitch: a photograph in overlapping parts, each turned, shifted and lit a little differently. */
import { wall } from '../page/wall.js';

const [WIDTH, HEIGHT] = [360, 300];
/** Where the parts' centres lie, as shares of the photograph; degrees of their turn; brightness. */
const PARTS = [
  { x: 0.3, y: 0.3, turn: -3, light: 1.06 },
  { x: 0.68, y: 0.31, turn: 2, light: 0.94 },
  { x: 0.69, y: 0.68, turn: -2, light: 1.04 },
  { x: 0.31, y: 0.69, turn: 3, light: 0.96 },
] as const;

export async function wallInParts(): Promise<File[]> {
  const photograph = await createImageBitmap(await wall());
  const files = PARTS.map(async ({ x, y, turn, light }, n) => {
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser offers no canvas');
    context.filter = `brightness(${light})`;
    context.translate(WIDTH / 2, HEIGHT / 2);
    context.rotate((turn * Math.PI) / 180);
    context.drawImage(photograph, -x * photograph.width, -y * photograph.height);
    return new File([await canvas.convertToBlob({ type: 'image/png' })], `part ${n + 1}.png`);
  });
  const made = await Promise.all(files);
  photograph.close();
  return made;
}
