/** `superpoint evaluate …`: the paper's experiments, beside the rivals. */

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { KINDS, type Kind } from '../evaluation/protocols/category.js';
import {
  evaluateHomographies,
  type FeatureSource,
  featurePath,
} from '../evaluation/protocols/evaluate-homographies.js';
import { evaluateSynthetic, SYNTHETIC_PROTOCOL } from '../evaluation/protocols/evaluate-synthetic.js';
import { makeWarps } from '../evaluation/protocols/make-warps.js';
import {
  ADAPTATION_PROFILE,
  PROFILES,
  type Profile,
  warpsProfile,
} from '../evaluation/protocols/profiles.js';
import { readSequences, type SequenceOptions } from '../evaluation/protocols/sequences.js';
import { type Elsewhere, homographyReport } from '../evaluation/report/homographies.js';
import { matchPictures, SHOWN_MATCHES } from '../evaluation/report/match-pictures.js';
import { OUTSIDE_CHANGES, publishedBeside } from '../evaluation/report/published.js';
import { syntheticPictures, syntheticReport } from '../evaluation/report/synthetic.js';
import { figureLines, syntheticLines } from '../evaluation/report/text-table.js';
import { adaptedMethod } from '../evaluation/rivals/adapted-method.js';
import type { Method } from '../evaluation/rivals/method.js';
import { RIVAL_NAMES } from '../evaluation/rivals/rivals.js';
import type { OnProgress } from '../progress.js';
import { UsageError } from './errors.js';
import {
  addEvaluationOptions,
  checkNames,
  type EvaluationOptions,
  NO_PICTURES,
  namedModels,
  namedPath,
  type Outcome,
  openMethods,
  runEvaluation,
} from './evaluation-run.js';
import { imagesBelow, isFolder, tellLeftOut } from './find-images.js';
import { scalesOption, stretchOption, wholeNumber } from './options.js';

interface SyntheticOptions extends EvaluationOptions {
  readonly count: number;
}

interface HomographyOptions extends EvaluationOptions {
  readonly features: readonly FeatureSource[];
  readonly profile: string;
  readonly categories?: string;
  readonly stretch?: boolean;
}

interface WarpOptions extends EvaluationOptions {
  readonly features: readonly FeatureSource[];
  readonly count: number;
  readonly sweeps: readonly Kind[];
  readonly size: number;
  readonly stretch?: boolean;
}

interface AdaptationOptions extends EvaluationOptions {
  readonly warps: readonly number[];
  readonly categories?: string;
  readonly stretch?: boolean;
}

const DETECTORS = ['fast', 'harris', 'shi-tomasi', 'random'];

/** Adds the command with its sub-commands. */
export function registerEvaluate(program: Command): void {
  const evaluate = program.command('evaluate').description("the paper's experiments, beside the rivals");
  addEvaluationOptions(
    evaluate
      .command('synthetic')
      .description('detectors on Synthetic Shapes, clean, noisy, and with noise swept')
      .option('--count <n>', 'pictures, all kinds in turn', wholeNumber(1), SYNTHETIC_PROTOCOL.count)
      .addOption(scalesOption('1')),
    DETECTORS,
  ).action(runSynthetic);
  addEvaluationOptions(
    withFeatures(evaluate.command('homographies'))
      .description('repeatability, homographies and matching on sequences in the layout of HPatches')
      .argument('<dir>', 'folder of sequences: <sequence>/1.png … and H_1_2 …')
      .addOption(new Option('--profile <name>', 'protocol').choices(Object.keys(PROFILES)).default('design'))
      .option('--categories <file>', 'JSON from sequence (graf) or picture (graf/3) to what changes there')
      .addOption(stretchOption()),
    RIVAL_NAMES,
  ).action(runHomographies);
  addEvaluationOptions(
    withFeatures(evaluate.command('warps'))
      .description('the same on views of any photographs: turns, scales, blur, light, noise … swept')
      .argument('<dir>', 'folder of photographs')
      .option('--count <n>', 'photographs, chosen by the seed', wholeNumber(1), 20)
      .option('--sweeps <list>', `all, or some of ${KINDS.join(',')}`, kindList, KINDS)
      .option(
        '--size <px>',
        'shorter side of a view; 480 is what the design profile sees',
        wholeNumber(64),
        240,
      )
      .addOption(stretchOption()),
    RIVAL_NAMES,
  ).action(runWarps);
  addEvaluationOptions(
    evaluate
      .command('adaptation')
      .description('repeatability of heatmaps averaged over N views; give --model once for each round')
      .argument('<dir>', 'folder of sequences')
      .option('--warps <list>', 'numbers of views N', viewCounts, [1, 10, 100, 1000])
      .option('--categories <file>', 'JSON from sequence or picture to what changes there')
      .addOption(stretchOption()),
    DETECTORS,
  ).action(runAdaptation);
}

function withFeatures(command: Command): Command {
  const collect = (value: string, earlier: readonly FeatureSource[]) => [...earlier, namedPath(value)];
  return command
    .option(
      '--features <name=file>',
      "features in hloc's HDF5 layout: another extractor's file, or the folder of another run's, OUTPUT/features/PROFILE; may be repeated",
      collect,
      [],
    )
    .addOption(scalesOption('1,0.5'));
}

function kindList(value: string): readonly Kind[] {
  if (value === 'all') return KINDS;
  const names = value.split(',');
  const kinds = KINDS.filter((kind) => names.includes(kind));
  if (kinds.length < names.length)
    throw new InvalidArgumentError(`Expected all or some of ${KINDS.join(',')}.`);
  return kinds;
}

function viewCounts(value: string): number[] {
  return value.split(',').map(wholeNumber(1));
}

async function checkFolder(folder: string, expected: string): Promise<void> {
  if (!(await isFolder(folder))) throw new UsageError(`${folder}: no such folder, expected ${expected}`);
}

/** @throws UsageError where there are no features, which would else be told after all other rows are made. */
async function checkFeatures(
  sources: readonly FeatureSource[],
  { name: profile, detector, homography }: Profile,
): Promise<void> {
  const tasks = new Set([...detector, ...homography].map(({ name }) => name));
  for (const { name, path } of sources) {
    if (!existsSync(path))
      throw new UsageError(`${path}: no such file or folder, expected features of ${name}`);
    if (!(await isFolder(path))) continue;
    const files = [...tasks].map((task) => featurePath(path, name, task));
    if (files.some(existsSync)) continue;
    const names = files.map((file) => basename(file)).join(' or ');
    const expected = `the folder features/${profile} of a run with a row ${name}`;
    throw new UsageError(`${path}: no ${names} there, expected ${expected}`);
  }
}

async function runSynthetic(options: SyntheticOptions): Promise<void> {
  await runEvaluation(options, async (_, opened, onProgress) => {
    // What counts here is the corner as it was drawn, which the picture's strongest corner lies inside of; and
    // every one, those at the edge too: a twentieth of them, which a margin would count as missed.
    opened.push(
      ...(await openMethods(options, {
        cornerRadius: 0,
        borderMargin: 0,
        scales: options.scales ?? [1],
      })),
    );
    checkNames(opened.map(({ name }) => name));
    const { count, seed } = options;
    const sweepCount = Math.min(count, SYNTHETIC_PROTOCOL.sweepCount);
    const protocol = { ...SYNTHETIC_PROTOCOL, count, sweepCount, seed };
    const evaluation = await evaluateSynthetic(protocol, opened, onProgress);
    return {
      name: 'synthetic',
      title: 'Detectors on Synthetic Shapes',
      result: evaluation,
      lines: syntheticLines(evaluation, process.stdout.columns),
      report: (context) => syntheticReport(evaluation, context),
      pictures: async () => ({
        pictures: await syntheticPictures(protocol, opened[0]),
        pictureCaption: `Detections of ${opened[0].name}, clean and noisy.`,
      }),
    };
  });
}

async function runHomographies(folder: string, options: HomographyOptions): Promise<void> {
  await checkFolder(folder, 'sequences');
  const profile = PROFILES[options.profile];
  await checkFeatures(options.features, profile);
  await runEvaluation(options, async (output, opened, onProgress) => {
    opened.push(...(await openMethods(options)));
    return compareOnSequences(folder, options, profile, {
      name: `homographies-${profile.name}`,
      title: 'Keypoints, matches and homographies',
      methods: opened,
      features: options.features,
      output,
      onProgress,
      elsewhere: (hash) => ({ published: publishedBeside(hash) }),
    });
  });
}

async function runWarps(folder: string, options: WarpOptions): Promise<void> {
  await checkFolder(folder, 'photographs');
  const profile = warpsProfile(options.size);
  await checkFeatures(options.features, profile);
  await runEvaluation(options, async (output, opened, onProgress) => {
    opened.push(...(await openMethods(options)));
    const { names: photos, leftOut } = await imagesBelow(folder);
    tellLeftOut(leftOut);
    const pairs = join(output, 'pairs');
    const { seed, count, sweeps: kinds, size: shortSide, stretch } = options;
    const { skipped } = await makeWarps(
      folder,
      photos,
      pairs,
      { seed, count, kinds, shortSide, stretch },
      onProgress,
    );
    const outcome = await compareOnSequences(pairs, {}, profile, {
      name: 'warps',
      title: 'Views of photographs',
      methods: opened,
      features: options.features,
      output,
      onProgress,
      elsewhere: () => ({ besideSweeps: [OUTSIDE_CHANGES] }),
    });
    return {
      ...outcome,
      result: { ...outcome.result, skippedPhotographs: skipped },
      lines: [...skipped.map(({ name, reason }) => `skipped ${name}: ${reason}`), ...outcome.lines],
    };
  });
}

async function runAdaptation(folder: string, options: AdaptationOptions): Promise<void> {
  await checkFolder(folder, 'sequences');
  await runEvaluation(options, async (output, opened, onProgress) => {
    const { device, seed } = options;
    const kept = join(output, 'adapted');
    for (const { name, path = 'superpoint' } of namedModels(options.model)) {
      for (const warps of options.warps) {
        opened.push(await adaptedMethod(path, { name, device, warps, seed, folder: kept }));
      }
    }
    opened.push(...(await openMethods({ ...options, model: false })));
    return compareOnSequences(folder, options, ADAPTATION_PROFILE, {
      name: 'adaptation',
      title: 'The effect of Homographic Adaptation',
      methods: opened,
      features: [],
      output,
      onProgress,
    });
  });
}

/** What `compareOnSequences` compares, what the report is called, and where the features are kept. */
interface Comparison {
  readonly name: string;
  readonly title: string;
  readonly methods: readonly Method[];
  readonly features: readonly FeatureSource[];
  readonly output: string;
  readonly onProgress: OnProgress;
  /** What the report shows beside, by the hash of the pictures. */
  readonly elsewhere?: (hash: string) => Elsewhere;
}

async function compareOnSequences(
  folder: string,
  { categories, stretch }: SequenceOptions,
  profile: Profile,
  { name, title, methods, features, output, onProgress, elsewhere }: Comparison,
): Promise<Outcome> {
  checkNames([...methods, ...features].map(({ name }) => name));
  const set = await readSequences(folder, {
    categories,
    stretch,
    onProgress,
  });
  const kept = join(output, 'features', profile.name);
  const evaluation = await evaluateHomographies(set, profile, methods, features, kept, onProgress);
  return {
    name,
    title,
    result: evaluation,
    lines: figureLines(evaluation, process.stdout.columns),
    report: (context) => homographyReport(evaluation, context, elsewhere?.(set.hash)),
    pictures: async () => {
      const [task] = profile.homography;
      const row = evaluation.rows.find(({ homography }) => task && homography[task.name]);
      const method = methods.find(({ name }) => name === row?.name);
      if (!row || !method) return NO_PICTURES;
      const path = featurePath(kept, method.name, task.name);
      return {
        pictures: await matchPictures(set, path, task, row.homography[task.name].pairs),
        pictureCaption:
          `Matches of ${method.name} that agree on a homography, at most ${SHOWN_MATCHES} a pair: green where ` +
          `the truth says so too, within ${task.matchEpsilon} px, red where it does not; the others are faint.`,
      };
    },
  };
}
