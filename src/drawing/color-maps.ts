/** Colours for drawings: numbers in [0, 1] to colours that stay readable over photographs. */

/** Red, green, blue, each 0 to 255. */
export type Color = readonly [number, number, number];

/**
 * For heat over a dimmed picture, lightness rising evenly: violet, magenta, orange, yellow, cream. It
 * does not begin at black, so that faint heat shows on dark ground too.
 */
const HEAT: readonly Color[] = [
  [74, 20, 140],
  [142, 30, 160],
  [206, 46, 126],
  [246, 92, 70],
  [254, 156, 46],
  [252, 216, 84],
  [255, 253, 208],
];

/** All bright, so that a dark outline sets them off on any background: blue, mint, yellow, orange. */
const STRENGTH: readonly Color[] = [
  [96, 185, 255],
  [102, 232, 170],
  [246, 240, 110],
  [255, 158, 68],
];

/** Doubtful to certain: red, amber, green. */
const CONFIDENCE: readonly Color[] = [
  [236, 72, 68],
  [247, 196, 62],
  [58, 206, 112],
];

function interpolate(stops: readonly Color[], t: number): Color {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const index = Math.min(Math.floor(at), stops.length - 2);
  const mix = (channel: 0 | 1 | 2) =>
    stops[index][channel] + (at - index) * (stops[index + 1][channel] - stops[index][channel]);
  return [mix(0), mix(1), mix(2)];
}

/** Heat `t` in [0, 1], lightness rising evenly. */
export function heatColor(t: number): Color {
  return interpolate(HEAT, t);
}

/** Strength `t` in [0, 1] of a point, weak blue to strong orange, always bright. */
export function strengthColor(t: number): Color {
  return interpolate(STRENGTH, t);
}

/** Confidence `t` in [0, 1], red over amber to green. */
export function confidenceColor(t: number): Color {
  return interpolate(CONFIDENCE, t);
}

/** The colour as CSS writes it. */
export function cssColor([red, green, blue]: Color, opacity = 1): string {
  return `rgba(${Math.round(red)}, ${Math.round(green)}, ${Math.round(blue)}, ${opacity})`;
}
