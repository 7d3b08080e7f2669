/** Spans of time as people write them on a command line: `90s`, `150m`, `2h`, `1h30m`. */

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

/**
 * The seconds in a span such as `90s`, `150m`, `2h`, `1.5h` or `1h30m`.
 *
 * @throws RangeError when the text is not such a span, or a span of no time.
 */
export function parseDuration(text: string): number {
  let seconds = 0;
  const rest = text.trim().replace(/(\d+(?:\.\d+)?)\s*([smhd])\s*/gy, (_, amount: string, unit: string) => {
    seconds += Number(amount) * SECONDS[unit];
    return '';
  });
  if (rest !== '' || !(seconds > 0)) {
    throw new RangeError(`expected a span of time such as 90s, 150m, 2h or 1h30m, got "${text}"`);
  }
  return seconds;
}
