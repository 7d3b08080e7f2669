/** A canvas that follows its size on the page, sharp on dense screens. */

export interface Surface {
  readonly canvas: HTMLCanvasElement;
  /** Draws in CSS pixels. */
  readonly context: CanvasRenderingContext2D;
  /** Gives the canvas this size in CSS pixels and clears it. */
  resize(width: number, height: number): void;
}

export function surfaceOf(canvas: HTMLCanvasElement): Surface {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser offers no canvas');
  return {
    canvas,
    context,
    resize(width, height) {
      const density = window.devicePixelRatio || 1;
      canvas.width = Math.max(1, Math.round(width * density));
      canvas.height = Math.max(1, Math.round(height * density));
      canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
      context.setTransform(density, 0, 0, density, 0, 0);
    },
  };
}

/** Calls `repaint` when the width that `container` offers has changed. */
export function onResize(container: HTMLElement, repaint: () => void): void {
  let width = container.clientWidth;
  new ResizeObserver(() => {
    if (container.clientWidth === width) return;
    width = container.clientWidth;
    repaint();
  }).observe(container);
}
