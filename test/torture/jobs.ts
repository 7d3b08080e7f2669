/** What is tortured: each command that works long, on inputs so small that it takes a second or two. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SMALL_RECIPE, testImage, writeImage, writeModel } from '../cli/command.js';
import { runCommands } from './commands.js';

/** Commands that are called in their order. They stand in a folder beside `inputs` and write below `out`. */
export interface Job {
  readonly name: string;
  /** @param photos the folder of photographs. */
  commands(photos: string): readonly (readonly string[])[];
  /** Whether photographs may change under its hands: what it makes follows from them. */
  readonly readsPhotographs: boolean;
}

const MODEL = ['--model', '../inputs/model.safetensors'];
const TRAINING = ['--recipe', '../inputs/recipe.json', '--checkpoint-every', '0.05s'];
const adapt = (photos: string, output: string, ...more: string[]) =>
  ['adapt', photos, '--model', '../inputs/magicpoint.safetensors', '--warps', '8', '--output', output].concat(
    more,
  );
const detect = (photos: string, output: string, ...more: string[]) =>
  ['detect', photos, ...MODEL, '--output', output].concat(more);
const evaluate = (photos: string, ...more: string[]) =>
  ['evaluate', 'warps', photos, '--count', '2', '--sweeps', 'rotation', '--size', '64'].concat(
    ['--model', 'narrow=../inputs/model.safetensors', '--rivals', 'harris'],
    more,
  );
const join2 = (folder: string, name: string, extension: string) =>
  ['join', `${folder}/${name}-1.${extension}`, `${folder}/${name}-2.${extension}`].concat(
    '--output',
    `out/${name}.${extension}`,
  );

/** Both shards of labels and of features, in a folder; labels of a shard of another list go only when that is asked for. */
const shards = (photos: string, folder: string) => [
  adapt(photos, `${folder}/labels-1.jsonl`, '--shard', '1/2', '--overwrite'),
  adapt(photos, `${folder}/labels-2.jsonl`, '--shard', '2/2', '--overwrite'),
  detect(photos, `${folder}/features-1.h5`, '--shard', '1/2'),
  detect(photos, `${folder}/features-2.h5`, '--shard', '2/2'),
];
const joins = (folder: string) => [join2(folder, 'labels', 'jsonl'), join2(folder, 'features', 'h5')];

export const JOBS: readonly Job[] = [
  {
    name: 'train',
    commands: () => [['train', 'magicpoint', ...TRAINING, '--output', 'out']],
    readsPhotographs: false,
  },
  {
    name: 'adapt',
    commands: (photos) => [adapt(photos, 'out/labels.jsonl')],
    readsPhotographs: true,
  },
  {
    name: 'detect',
    commands: (photos) => [
      detect(photos, 'out/features.h5'),
      detect(photos, 'out/npz', '--format', 'npz'),
      detect(photos, 'out/features.json', '--format', 'json'),
    ],
    readsPhotographs: true,
  },
  {
    name: 'match',
    commands: (photos) => [
      ['match', photos, ...MODEL, '--output', 'out/matches.h5'],
      ['colmap', photos, ...MODEL, '--database', 'out/colmap.db'],
    ],
    readsPhotographs: true,
  },
  {
    name: 'reproduce',
    commands: (photos) => [['reproduce', ...TRAINING, '--photos', photos, '--output', 'out', '--overwrite']],
    readsPhotographs: true,
  },
  {
    name: 'evaluate',
    commands: (photos) => [evaluate(photos, '--output', 'out'), evaluate(photos)],
    readsPhotographs: true,
  },
  {
    name: 'shards',
    commands: (photos) => [...shards(photos, 'out/parts'), ...joins('out/parts')],
    readsPhotographs: true,
  },
  { name: 'join', commands: () => joins('../inputs/parts'), readsPhotographs: false },
];

const PHOTOGRAPHS = 6;

/** Name of a photograph: half of them lie in a folder each. */
export const photographName = (index: number) => `${index % 2}/${index}.png`;

/** Writes the photographs. */
export async function writePhotographs(folder: string): Promise<void> {
  for (let index = 0; index < PHOTOGRAPHS; index++) {
    await writeImage(join(folder, photographName(index)), testImage(index));
  }
}

/** Writes the folder `inputs` of all jobs in a folder. */
export async function writeInputs(folder: string): Promise<void> {
  const inputs = join(folder, 'inputs');
  await mkdir(join(inputs, 'parts'), { recursive: true });
  await writePhotographs(join(inputs, 'photos'));
  await writeModel(join(inputs, 'model.safetensors'));
  await writeModel(join(inputs, 'magicpoint.safetensors'), 0);
  const { magicpoint, superpoint } = SMALL_RECIPE;
  const recipe = {
    ...SMALL_RECIPE,
    magicpoint: { ...magicpoint, steps: 12, replicas: 2, ema: 0.9 },
    superpoint: { ...superpoint, steps: 6, validateEvery: 3 },
  };
  await writeFile(join(inputs, 'recipe.json'), JSON.stringify(recipe));
  const { code, stderr } = await runCommands(shards('../inputs/photos', 'parts'), { cwd: inputs });
  if (code !== 0) throw new Error(stderr);
}
