/** `superpoint synthesize`: Synthetic Shapes with their corners as pictures and labels (§4). */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { formatLabels } from '../adaptation/labels.js';
import { drawKeypoints } from '../drawing/draw.js';
import { writeFileAtomic, writeFileAtomicFrom } from '../files/atomic-file.js';
import { encodePng } from '../image/codec.js';
import { countProgress } from '../progress.js';
import { SHAPE_KINDS, type ShapeKind, type SyntheticSample } from '../synthetic/sample.js';
import { renderShape, synthesize } from '../synthetic/synthesize.js';
import { wholeNumber } from './options.js';
import { printJson, printLines, writePicture } from './output.js';
import { requireForDrawing } from './parts.js';
import { openProgressLine } from './progress-line.js';
import { exitOnSignals } from './signals.js';

interface SynthesizeOptions {
  readonly output: string;
  readonly count: number;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly kind?: ShapeKind;
  readonly clean?: boolean;
  readonly draw?: string;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerSynthesize(program: Command): void {
  program
    .command('synthesize')
    .description('draw synthetic shapes, with their corners in labels.jsonl')
    .requiredOption('--output <dir>', 'folder for the pictures and labels.jsonl')
    .option('--count <n>', 'number of pictures', wholeNumber(1), 100)
    .option('--seed <s>', 'picture k of a seed is always the same', wholeNumber(0), 0)
    .option('--width <pixels>', 'width of the pictures', wholeNumber(48), 160)
    .option('--height <pixels>', 'height of the pictures', wholeNumber(48), 120)
    .addOption(new Option('--kind <kind>', 'only this kind (default: all)').choices([...SHAPE_KINDS]))
    .option('--clean', 'as drawn, without changes of viewpoint and light')
    .option('--draw <dir>', 'also write the pictures with their corners drawn in')
    .option('--json', 'print the result as JSON')
    .action(runSynthesize);
}

async function runSynthesize(options: SynthesizeOptions): Promise<void> {
  const { output, count, seed, width, height, kind, clean, draw, json } = options;
  requireForDrawing(draw);
  exitOnSignals();
  const settings = { width, height, ...(kind ? { kind } : {}) };
  const progress = openProgressLine();
  const next = countProgress(progress.show, 'synthesize', { of: count, unit: 'images' });
  let corners = 0;
  async function* labels() {
    for (let index = 0; index < count; index++) {
      const sample = (clean ? renderShape : synthesize)(seed, index, settings);
      const file = `${String(index).padStart(6, '0')}-${sample.kind}.png`;
      await writeFileAtomic(join(output, file), await encodePng(sample.image));
      if (draw) await writePicture(join(draw, file), drawCorners(sample));
      corners += sample.keypoints.length / 2;
      next();
      yield labelLine(file, sample);
    }
  }
  const path = join(output, 'labels.jsonl');
  try {
    await writeFileAtomicFrom(path, labels());
  } finally {
    progress.close();
  }
  if (json) printJson({ images: count, corners, output, labels: path });
  else printLines(`${count} pictures with ${corners} corners in ${output}, labels in ${path}`);
}

/** Enlarged threefold, so that the corner under a mark is seen. */
function drawCorners({ image, keypoints }: SyntheticSample) {
  return drawKeypoints(image, { count: keypoints.length / 2, keypoints }, { scale: 3 });
}

function labelLine(file: string, { image, keypoints }: SyntheticSample): string {
  const scores = new Float32Array(keypoints.length / 2).fill(1);
  return formatLabels({ file, width: image.width, height: image.height, keypoints, scores });
}
