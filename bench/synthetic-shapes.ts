/**
 * Pictures a second of Synthetic Shapes on one core: `node dist/bench/synthetic-shapes.js [width height]`.
 */
import { SHAPE_KINDS, type ShapeKind } from '../src/synthetic/sample.js';
import { renderShape, synthesize } from '../src/synthetic/synthesize.js';

const [width = 160, height = 120] = process.argv.slice(2).map(Number);
const MILLISECONDS = 700;

/** CPU time counts, not the clock: other processes may share the core. */
function picturesPerSecond(draw: typeof synthesize, kind?: ShapeKind): number {
  for (let index = 0; index < 50; index++) draw('warm-up', index, { width, height, kind });
  const start = process.cpuUsage();
  for (let index = 1; ; index++) {
    draw('bench', index, { width, height, kind });
    const { user, system } = process.cpuUsage(start);
    if (user + system > MILLISECONDS * 1000) return (index * 1e6) / (user + system);
  }
}

console.log(`Synthetic Shapes, ${width}x${height}, pictures a second of CPU time`);
console.log(`${''.padEnd(18)}${'clean'.padStart(8)}${'augmented'.padStart(11)}`);
for (const kind of [undefined, ...SHAPE_KINDS]) {
  const clean = picturesPerSecond(renderShape, kind).toFixed(0).padStart(8);
  const augmented = picturesPerSecond(synthesize, kind).toFixed(0).padStart(11);
  console.log(`${(kind ?? 'all kinds').padEnd(18)}${clean}${augmented}`);
}
