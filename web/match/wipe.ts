/** The second picture, warped onto the first, with a border between them that the user moves. */
import type { Surface } from '../page/surface.js';
import type { Shown } from './scene.js';

/** Tallest that the overlay is drawn, in CSS pixels. */
const TALLEST = 560;

/**
 * Paints the first picture left of the border and the warped second right of it.
 * @param share where the border is, from 0 at the left edge to 1.
 */
export function paintWipe(
  { canvas, context, resize }: Surface,
  first: Shown,
  warped: ImageBitmap,
  share: number,
): void {
  const room = canvas.closest('.work')?.clientWidth ?? first.width;
  const scale = Math.min(room / first.width, TALLEST / first.height);
  const [width, height] = [first.width * scale, first.height * scale];
  resize(width, height);
  canvas.style.width = `${width}px`;
  context.drawImage(first.bitmap, 0, 0, width, height);
  const border = share * width;
  context.save();
  context.beginPath();
  context.rect(border, 0, width - border, height);
  context.clip();
  context.fillStyle = '#101318';
  context.fillRect(border, 0, width - border, height);
  context.drawImage(warped, 0, 0, width, height);
  context.restore();
  context.fillStyle = 'rgba(10, 12, 16, 0.7)';
  context.fillRect(border - 2, 0, 4, height);
  context.fillStyle = '#fff';
  context.fillRect(border - 1, 0, 2, height);
  context.beginPath();
  context.arc(border, height / 2, 9, 0, 2 * Math.PI);
  context.fill();
}
