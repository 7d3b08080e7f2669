/** `superpoint colmap`: a database for COLMAP's mapper, with keypoints, matches and their two-view geometry. */
import type { Command } from 'commander';
import { lockFile } from '../files/lock.js';
import { ColmapDatabase } from '../formats/colmap-database.js';
import { HlocFeatures } from '../formats/hloc.js';
import { HlocMatches, matchesOfPair, pairName } from '../formats/hloc-matches.js';
import { twoViewGeometry } from '../matching/two-view-geometry.js';
import { countProgress } from '../progress.js';
import type { DetectionSettings } from './detect-into.js';
import { StoppedEarlyError } from './errors.js';
import { matchInto, pairsOf, throwFailures } from './match-many.js';
import {
  addDetectionOptions,
  addModelOptions,
  addReadOptions,
  numberIn,
  positiveNumber,
  wholeNumber,
} from './options.js';
import { printJson, printLines } from './output.js';
import { requireParts } from './parts.js';
import { openProgressLine } from './progress-line.js';
import { abortOnSignals } from './signals.js';

interface ColmapCommandOptions extends DetectionSettings {
  readonly database: string;
  readonly pairs?: string;
  readonly features?: string;
  readonly singleCamera?: boolean;
  readonly ratio?: number;
  readonly minSimilarity?: number;
  readonly threshold: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerColmap(program: Command): void {
  const command = program
    .command('colmap')
    .description('detect, match and verify pictures into a database for the mapper of COLMAP 3.8')
    .argument('[path...]', 'pictures and folders: a folder is what COLMAP calls its image path')
    .requiredOption(
      '--database <file>',
      'new, or a database of COLMAP 3.8, whose cameras stay; features and matches are kept beside it',
    )
    .option('--pairs <file>', 'only these pairs: two names a line (default: all)')
    .option('--features <file>', 'features as `superpoint detect` writes them (default: beside the database)')
    .option('--single-camera', 'one camera for all pictures of one size')
    .option('--ratio <r>', 'distance at most r times the second best (default: any)', positiveNumber(1))
    .option('--min-similarity <s>', 'smallest cosine of two descriptors (default: any)', numberIn(-1, 1))
    .option('--threshold <pixels>', 'largest error of a verified match', positiveNumber(), 4)
    .option('--seed <s>', 'seed of the random samples of RANSAC', wholeNumber(0), 0)
    .option('--json', 'print the result as JSON');
  addReadOptions(addDetectionOptions(addModelOptions(command)), 'ignore, as COLMAP does').action(runColmap);
}

async function runColmap(paths: string[], options: ColmapCommandOptions): Promise<void> {
  requireParts('superpoint colmap', 'sql.js');
  const signal = abortOnSignals('the pair');
  const { database: path, singleCamera, json } = options;
  const lock = await lockFile(path);
  let database: ColmapDatabase | undefined;
  try {
    // Another version is refused before the work.
    database = await ColmapDatabase.open(path, { singleCamera });
    const output = `${path.replace(/\.db$/, '')}-matches.h5`;
    const features = options.features ?? `${path.replace(/\.db$/, '')}-features.h5`;
    const matched = await matchInto(paths, { ...options, output, features }, signal);
    const verified = await fill(database, { ...options, features }, output, matched.failures, signal);
    await database.write();
    const { pictures, failures } = matched;
    if (json) printJson({ pictures, ...verified, failures, features, matches: output, database: path });
    else {
      const { pairs, verifiedPairs, planes } = verified;
      const flat = planes > 0 ? ` (${planes} of them planes or turns)` : '';
      printLines(`${pictures} pictures, ${verifiedPairs} of ${pairs} pairs verified${flat}, in ${path}`);
    }
    throwFailures(matched);
  } finally {
    database?.close();
    lock.release();
  }
}

async function fill(
  database: ColmapDatabase,
  options: ColmapCommandOptions & { readonly features: string },
  matchesPath: string,
  failures: Parameters<typeof pairsOf>[2],
  signal: AbortSignal,
): Promise<{ pairs: number; verifiedPairs: number; planes: number }> {
  const { threshold, seed, features: featuresPath } = options;
  const features = await HlocFeatures.open(featuresPath);
  const matches = await HlocMatches.open(matchesPath);
  const progress = openProgressLine();
  try {
    const keypoints = new Map<string, { readonly keypoints: Float32Array }>();
    for (const name of [...features.names].sort()) {
      const read = features.read(name);
      database.addImage(name, read);
      keypoints.set(name, { keypoints: read.keypoints });
    }
    const pairs = await pairsOf(features, featuresPath, failures, { ...options, output: matchesPath });
    const next = countProgress(progress.show, 'verify', { of: pairs.length, unit: 'pairs' });
    let [verifiedPairs, planes] = [0, 0];
    for (const [name0, name1] of pairs) {
      if (signal.aborted) throw new StoppedEarlyError(signal);
      const found = matchesOfPair(matches.read(pairName(name0, name1)));
      const [points0, points1] = [keypoints.get(name0), keypoints.get(name1)];
      if (!points0 || !points1) continue;
      const geometry = twoViewGeometry(points0, points1, found, { threshold, seed });
      database.addPair(name0, name1, found, geometry);
      if (geometry.kind !== 'none') verifiedPairs += 1;
      if (geometry.kind === 'plane') planes += 1;
      next();
      // A signal is heard between two pairs.
      await new Promise(setImmediate);
    }
    return { pairs: pairs.length, verifiedPairs, planes };
  } finally {
    progress.close();
    features.close();
    matches.close();
  }
}
