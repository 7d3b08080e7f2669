/** Cuts a map that is too large for one piece into overlapping tiles. */

/** A rectangle of whole pixels or cells. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly wide: number;
  readonly high: number;
}

/** A tile: the part that counts, and what has to be looked at for it. */
export interface Tile {
  readonly core: Rectangle;
  readonly outer: Rectangle;
}

/**
 * Tiles whose cores cover a map once, as equal as can be, with the least overlap.
 *
 * @param margin of the map around each core that belongs to its tile.
 * @param maxArea of a tile, margins included; where no tile is as small as that, the whole map is one.
 */
export function tilesOf(wide: number, high: number, margin: number, maxArea: number): Tile[] {
  let best = { across: 1, down: 1, area: Number.POSITIVE_INFINITY };
  for (let across = 1; across <= wide; across++) {
    const tileWide = Math.min(wide, Math.ceil(wide / across) + 2 * margin);
    const tallest = Math.floor(maxArea / tileWide);
    const down = tallest >= high ? 1 : Math.ceil(high / (tallest - 2 * margin));
    if (!(down > 0)) continue;
    const tileHigh = Math.min(high, Math.ceil(high / down) + 2 * margin);
    const area = across * down * tileWide * tileHigh;
    if (area < best.area) best = { across, down, area };
    if (down === 1) break;
  }
  const { across, down } = best;
  const cut = (length: number, parts: number, part: number) => Math.round((length * part) / parts);
  return Array.from({ length: across * down }, (_, n) => {
    const [column, row] = [n % across, Math.floor(n / across)];
    const [left, right] = [cut(wide, across, column), cut(wide, across, column + 1)];
    const [top, bottom] = [cut(high, down, row), cut(high, down, row + 1)];
    const [outerLeft, outerTop] = [Math.max(0, left - margin), Math.max(0, top - margin)];
    return {
      core: { left, top, wide: right - left, high: bottom - top },
      outer: {
        left: outerLeft,
        top: outerTop,
        wide: Math.min(wide, right + margin) - outerLeft,
        high: Math.min(high, bottom + margin) - outerTop,
      },
    };
  });
}

/** Copies the rows of a rectangle from one row-major map to another. @param size values of a place. */
export function copyRectangle(
  from: ArrayLike<number> & { subarray(start: number, end: number): ArrayLike<number> },
  fromWide: number,
  fromLeft: number,
  fromTop: number,
  to: { set(values: ArrayLike<number>, at: number): void },
  toWide: number,
  { left, top, wide, high }: Rectangle,
  size = 1,
): void {
  for (let row = 0; row < high; row++) {
    const source = size * ((fromTop + row) * fromWide + fromLeft);
    to.set(from.subarray(source, source + size * wide), size * ((top + row) * toWide + left));
  }
}
