/** `superpoint evaluate …`: the paper's tables, beside the rivals. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { evaluateHomographies, type FeatureSource } from '../evaluation/evaluate-homographies.js';
import type { Method } from '../evaluation/method.js';
import { networkMethod } from '../evaluation/network-method.js';
import { PROFILES } from '../evaluation/profiles.js';
import { openRival, RIVAL_NAMES } from '../evaluation/rivals.js';
import { readSequences } from '../evaluation/sequences.js';
import { figureLines } from '../evaluation/text-table.js';
import { openProgress, type Progress } from '../training/progress.js';
import { UsageError } from './errors.js';
import { isFolder } from './find-images.js';
import { loadModel, modelBytes } from './model.js';
import { deviceOption, type ModelOptions, numberIn, wholeNumber } from './options.js';
import { printJson, printLines } from './output.js';
import { exitOnSignals } from './signals.js';

interface HomographyOptions extends Pick<ModelOptions, 'device'> {
  readonly model?: readonly string[] | false;
  readonly rivals: readonly string[];
  readonly features: readonly FeatureSource[];
  readonly profile: string;
  readonly categories?: string;
  readonly output?: string;
  readonly detectionThreshold?: number;
  readonly subpixel: boolean;
  readonly seed: number;
  readonly json?: boolean;
}

/** Adds the command with its sub-commands. */
export function registerEvaluate(program: Command): void {
  const evaluate = program.command('evaluate').description("the paper's experiments, beside the rivals");
  evaluate
    .command('homographies')
    .description('repeatability, homographies and matching on sequences in the layout of HPatches')
    .argument('<dir>', 'folder of sequences: <sequence>/1.png … and H_1_2 …')
    .option('--model <path>', 'weights or run to score; may be repeated; name=path names the row', collect)
    .option('--no-model', 'only the rivals and the given features')
    .addOption(deviceOption())
    .option('--rivals <list>', `all, none, or some of ${RIVAL_NAMES.join(',')}`, rivalList, RIVAL_NAMES)
    .option(
      '--features <name=file>',
      "another extractor's features in hloc's HDF5 layout; may be repeated",
      sources,
      [],
    )
    .addOption(new Option('--profile <name>', 'protocol').choices(Object.keys(PROFILES)).default('design'))
    .option('--categories <file>', 'JSON from sequence to illumination, viewpoint or other')
    .option('--output <dir>', 'keep the features, and write the report there')
    .option('--detection-threshold <p>', "the networks' threshold (default: the profile's)", numberIn(0, 1))
    .option('--no-subpixel', "the networks' keypoints at whole pixels")
    .option('--seed <n>', 'of random points', wholeNumber(0), 0)
    .option('--json', 'print the result as JSON')
    .action(runHomographies);
}

function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

function rivalList(value: string): readonly string[] {
  if (value === 'all') return RIVAL_NAMES;
  const names = value === 'none' ? [] : value.split(',');
  for (const name of names) {
    if (!RIVAL_NAMES.includes(name)) {
      throw new InvalidArgumentError(`Expected all, none or some of ${RIVAL_NAMES.join(',')}.`);
    }
  }
  return names;
}

/** `name=path`; a path alone is named by its file. */
function named(value: string): FeatureSource {
  const [, name, path] = /^([^=/\\]+)=(.+)$/.exec(value) ?? [];
  return name ? { name, path } : { name: basename(value, extname(value)), path: value };
}

function sources(value: string, earlier: readonly FeatureSource[]): FeatureSource[] {
  return [...earlier, named(value)];
}

async function openModels(options: HomographyOptions): Promise<Method[]> {
  const { model: given, device, subpixel, detectionThreshold } = options;
  if (given === false) return [];
  const wanted = given?.map(named) ?? [{ name: undefined, path: undefined }];
  const methods: Method[] = [];
  for (const { name, path } of wanted) {
    const loaded = await loadModel(path);
    methods.push(
      await networkMethod({
        name,
        model: modelBytes(loaded),
        device,
        detection: { subpixel },
        detectionThreshold,
        describes: 'convDb.weight' in loaded.weights,
      }),
    );
  }
  return methods;
}

async function runHomographies(folder: string, options: HomographyOptions): Promise<void> {
  exitOnSignals();
  if (!(await isFolder(folder))) throw new UsageError(`${folder}: no such folder, expected sequences`);
  const began = performance.now();
  const steps = openSteps();
  const work = options.output ?? (await mkdtemp(join(tmpdir(), 'superpoint-evaluate-')));
  const methods: Method[] = [];
  try {
    methods.push(...(await openModels(options)));
    for (const rival of options.rivals) methods.push(await openRival(rival, options.seed));
    const names = [...methods, ...options.features].map(({ name }) => name);
    const twice = names.find((name, n) => names.indexOf(name) !== n);
    if (twice) throw new UsageError(`two rows are named ${twice}: name them by name=path`);
    const set = await readSequences(folder, {
      categories: options.categories,
      onSequence: (done, of) => steps.on('sequences', done, of),
    });
    const evaluation = await evaluateHomographies(
      set,
      PROFILES[options.profile],
      methods,
      options.features,
      join(work, 'features'),
      steps.on,
    );
    steps.stop();
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    if (options.json) printJson({ ...evaluation, seconds });
    else printLines(...figureLines(evaluation));
  } finally {
    steps.stop();
    for (const method of methods) await method.dispose?.();
    if (options.output === undefined) await rm(work, { recursive: true, force: true });
  }
}

/** Progress of steps that follow each other, each with its own title. */
function openSteps() {
  let open: { title: string; progress: Progress } | undefined;
  let began = performance.now();
  const stop = () => {
    open?.progress.stop();
    open = undefined;
    began = performance.now();
  };
  const on = (title: string, done: number, of: number) => {
    if (open?.title !== title) {
      open?.progress.stop();
      open = { title, progress: openProgress(title) };
    }
    const seconds = (performance.now() - began) / 1000;
    const secondsLeft = ((of - done) * seconds) / done;
    open.progress.update({ step: done, steps: of, images: done, seconds, secondsLeft });
    if (done === of) stop();
  };
  return { on, stop };
}
