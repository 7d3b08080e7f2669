/** What the evaluations on the command line share: contenders, progress, the report. */
import { basename, extname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { FeatureSource } from '../evaluation/protocols/evaluate-homographies.js';
import { describeEnvironment } from '../evaluation/report/environment.js';
import type { Report, ReportContext } from '../evaluation/report/report.js';
import { writeReport } from '../evaluation/report/write-report.js';
import type { Method } from '../evaluation/rivals/method.js';
import { networkMethod } from '../evaluation/rivals/network-method.js';
import { openRival, RIVAL_NAMES } from '../evaluation/rivals/rivals.js';
import { scaleOptions } from '../features/scales.js';
import type { DetectOptions } from '../features/superpoint.js';
import { lockFolder } from '../files/lock.js';
import { makeTemporaryFolder } from '../files/temporaries.js';
import type { Device } from '../graph/session.js';
import type { OnProgress } from '../progress.js';
import { UsageError } from './errors.js';
import { tellFallback } from './model.js';
import { deviceOption, MODEL_KINDS, numberIn, wholeNumber } from './options.js';
import { printJson, printLines } from './output.js';
import { requireParts } from './parts.js';
import { openProgressLine } from './progress-line.js';
import { exitOnSignals } from './signals.js';

/** Options of every evaluation. */
export interface EvaluationOptions {
  readonly model?: readonly string[] | false;
  readonly device: Device;
  readonly rivals: readonly string[];
  readonly detectionThreshold?: number;
  readonly subpixel: boolean;
  readonly cornerRadius?: number;
  readonly scales?: readonly number[];
  readonly seed: number;
  readonly output?: string;
  readonly pictures: boolean;
  readonly json?: boolean;
}

/** Adds the options of every evaluation. @param rivals those compared when none are named. */
export function addEvaluationOptions(command: Command, rivals: readonly string[]): Command {
  return command
    .option('--model <path>', `${MODEL_KINDS}; may be repeated; name=path names the row`, collect)
    .option('--no-model', 'only the rivals and the given features')
    .addOption(deviceOption())
    .option('--rivals <list>', `all, none, or some of ${RIVAL_NAMES.join(',')}`, rivalList, rivals)
    .option('--output <dir>', 'write the report there, and keep what it was computed from')
    .option('--no-pictures', 'leave examples out of the report, where pictures must not be passed on')
    .option('--detection-threshold <p>', "the networks' threshold (default: the protocol's)", numberIn(0, 1))
    .option('--no-subpixel', "the networks' keypoints at whole pixels")
    .option(
      '--corner-radius <pixels>',
      "how far the networks' keypoints may move to a corner, 0 for the heatmap alone (default: the protocol's)",
      wholeNumber(0),
    )
    .option('--seed <n>', 'decides on everything random', wholeNumber(0), 0)
    .option('--json', 'print the result as JSON');
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
export function namedPath(value: string): FeatureSource {
  const [, name, path] = /^([^=/\\]+)=(.+)$/.exec(value) ?? [];
  return name ? { name, path } : { name: basename(value, extname(value)), path: value };
}

/** A model to score: the shipped weights where there is no path. */
export interface NamedModel {
  readonly name?: string;
  readonly path?: string;
}

/** The models that `--model` names, or the shipped one. */
export function namedModels(given: EvaluationOptions['model']): readonly NamedModel[] {
  if (given === false) return [];
  return given?.map(namedPath) ?? [{}];
}

/**
 * Networks and rivals in the order of the tables.
 * @param keypoints what the networks' keypoints are, other than by default.
 */
export async function openMethods(
  options: EvaluationOptions,
  keypoints: Pick<DetectOptions, 'cornerRadius' | 'borderMargin' | 'scales'> = {},
): Promise<Method[]> {
  const { device, subpixel, cornerRadius, detectionThreshold, seed } = options;
  const { scales } = scaleOptions(options);
  const methods: Method[] = [];
  const detection = { subpixel, scales, ...keypoints, ...(cornerRadius !== undefined && { cornerRadius }) };
  for (const { name, path } of namedModels(options.model)) {
    methods.push(await networkMethod(path ?? 'superpoint', { name, device, detection, detectionThreshold }));
  }
  for (const rival of options.rivals) methods.push(await openRival(rival, seed));
  return methods;
}

/** @throws UsageError when two rows would have one name, or there is none. */
export function checkNames(names: readonly string[]): void {
  if (names.length === 0) throw new UsageError('nothing to evaluate: give --model, --rivals or --features');
  const twice = names.find((name, n) => names.indexOf(name) !== n);
  if (twice) throw new UsageError(`two rows are named ${twice}: name them by --model name=path`);
}

/** The packages that the rivals, the homographies and a report need. */
function partsOf({ output, pictures }: EvaluationOptions): string[] {
  return [
    '@opencvjs/node',
    ...(output === undefined ? [] : ['@observablehq/plot', 'linkedom']),
    ...(output !== undefined && pictures ? ['@napi-rs/canvas'] : []),
  ];
}

/** What an evaluation hands back to be printed and written. */
export interface Outcome {
  /** Base name of the report's files. */
  readonly name: string;
  readonly title: string;
  readonly result: object;
  /** For the terminal. */
  readonly lines: readonly string[];
  readonly report: (context: ReportContext) => Promise<Report>;
  readonly pictures: () => Promise<Pick<ReportContext, 'pictures' | 'pictureCaption'>>;
}

/** Examples of a report without any. */
export const NO_PICTURES = { pictures: [], pictureCaption: '' };

/**
 * Runs an evaluation, prints its figures and writes its report.
 *
 * @param work gets a folder for what it keeps: the one of `--output`, or one that goes afterwards; methods
 *   that it adds to `opened` are freed at the end.
 */
export async function runEvaluation(
  options: EvaluationOptions,
  work: (folder: string, opened: Method[], onProgress: OnProgress) => Promise<Outcome>,
): Promise<void> {
  exitOnSignals();
  requireParts('superpoint evaluate', ...partsOf(options));
  await tellFallback(options.device);
  const began = performance.now();
  const progress = openProgressLine();
  const temporary =
    options.output === undefined ? await makeTemporaryFolder('superpoint-evaluate') : undefined;
  const folder = options.output ?? temporary!.path;
  const lock = await lockFolder(folder);
  const opened: Method[] = [];
  try {
    const outcome = await work(folder, opened, progress.show);
    progress.close();
    const examples = options.output && options.pictures ? await outcome.pictures() : NO_PICTURES;
    const context = {
      title: outcome.title,
      environment: await describeEnvironment(),
      seconds: Math.round((performance.now() - began) / 100) / 10,
      peakMemory: Math.round(process.resourceUsage().maxRSS / 1024),
      ...examples,
    };
    const { environment, seconds, peakMemory } = context;
    const result = { ...outcome.result, environment, took: { seconds, peakMemory } };
    const written = options.output
      ? await writeReport(options.output, outcome.name, await outcome.report(context), result)
      : [];
    if (options.json) printJson(result);
    else printLines(...outcome.lines, ...written.map((path) => `wrote ${path}`));
  } finally {
    progress.close();
    for (const method of opened) await method.dispose?.();
    lock.release();
    temporary?.remove();
  }
}
