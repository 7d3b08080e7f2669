/** Readers of tensors, features, labels and settings for the fuzzer. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { formatHeader, formatLabels, formatProblem, readLabels } from '../../src/adaptation/labels.js';
import { readPairs } from '../../src/cli/pairs.js';
import { parseHomography, readSequences } from '../../src/evaluation/protocols/sequences.js';
import type { Features } from '../../src/features/features.js';
import { Journal } from '../../src/files/journal.js';
import { decodeNpz, encodeNpz } from '../../src/files/npz.js';
import { originMetadata, originOf, originOfMetadata } from '../../src/files/origin.js';
import { decodePytorchCheckpoint } from '../../src/files/pytorch.js';
import { checkShape, type StoredTensor } from '../../src/files/raw-numbers.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/files/safetensors.js';
import { decodeFeaturesJson, encodeFeaturesJson } from '../../src/formats/features-json.js';
import { decodeFeaturesNpz, encodeFeaturesNpz } from '../../src/formats/features-npz.js';
import {
  decodeFeaturesSafetensors,
  encodeFeaturesSafetensors,
} from '../../src/formats/features-safetensors.js';
import { readHlocFeatures, writeHlocFeatures } from '../../src/formats/hloc.js';
import {
  HlocMatches,
  type HlocPair,
  matchesOfPair,
  writeHlocMatches,
} from '../../src/formats/hloc-matches.js';
import { grayImage } from '../../src/image/image.js';
import { encodeModel, modelOf, onnxModel } from '../../src/network/model.js';
import { readModel } from '../../src/network/model-file.js';
import { readCheckpoint, writeCheckpoint } from '../../src/training/checkpoint.js';
import { readRecipe } from '../../src/training/recipe.js';
import { initialState } from '../../src/training/step.js';
import { randomWeights, SMALL_RECIPE, writeImage } from '../cli/command.js';
import { readFixture, someFeatures } from '../formats/fixture.js';
import type { Reader } from './reader.js';

const text = (value: string) => new Uint8Array(Buffer.from(value));
const fixtures = (...names: string[]) =>
  Promise.all(names.map(async (name) => new Uint8Array(await readFixture(name))));

/** What a writer that needs a path leaves there. */
async function written(write: (path: string) => Promise<unknown>): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'superpoint-fuzz-'));
  const path = join(folder, 'file');
  await write(path);
  const bytes = new Uint8Array(await readFile(path));
  await rm(folder, { recursive: true });
  return bytes;
}

function checkTensors(tensors: Readonly<Record<string, StoredTensor>>): void {
  for (const [name, tensor] of Object.entries(tensors)) checkShape(name, tensor);
}

function checkFeatures({
  width,
  height,
  count,
  keypoints,
  scores,
  descriptors,
  descriptorDim,
}: Features): void {
  assert.ok(
    width > 0 && height > 0 && Number.isInteger(width) && Number.isInteger(height),
    `${width}x${height}`,
  );
  assert.deepEqual(
    [keypoints.length, scores.length, descriptors.length],
    [2 * count, count, descriptorDim * count],
    'lengths',
  );
  for (const value of [...keypoints, ...scores])
    assert.ok(Number.isFinite(value), `a number that is ${value}`);
}

/** Matches of a picture of so many keypoints, half of which have one. */
const somePair = (count: number): HlocPair => ({
  matches0: Int32Array.from({ length: count }, (_, n) => (n % 2 ? -1 : n)),
  scores0: Float32Array.from({ length: count }, (_, n) => (n % 2 ? 0 : 1 / (n + 1))),
});

function checkPair(pair: HlocPair): void {
  const { matches0, scores0 } = pair;
  assert.equal(matches0.length, scores0.length);
  for (const [n, score] of scores0.entries()) {
    assert.ok(matches0[n] >= -1 && Number.isFinite(score), `match ${matches0[n]} with score ${score}`);
  }
  assert.equal(matchesOfPair(pair).count, matches0.filter((index) => index >= 0).length);
}

/** Checksums of the records of a journal that are as long as they say. */
function repairJournal(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at + 4, true) + view.getUint32(at + 8, true);
    if (end > bytes.length) return;
    view.setUint32(at, crc32(bytes.subarray(at + 4, end)), true);
    at = end;
  }
}

const ARRAYS = {
  a: { dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  'b/c': { dims: [4], data: Int8Array.of(1, -2, 3, -4) },
  d: { dims: [1, 2], data: BigInt64Array.of(1n, -5n) },
  e: { dims: [], data: Float64Array.of(0.5) },
};

const weights = () => randomWeights(8);

const LABELS = [
  formatHeader({
    origin: originOf('adaptation', { seed: 1 }),
    shard: { index: 1, count: 2, photographs: 9, list: 'x' },
  }),
  formatLabels({
    file: 'a/one.jpg',
    width: 320,
    height: 240,
    digest: 'abc',
    keypoints: Float32Array.of(10.1, 20, 319.5, 0.25),
    scores: Float32Array.of(0.9, 0.5),
  }),
  formatProblem({ file: 'two.jpg', digest: null, problem: 'two.jpg: no such file' }),
];

/** A set of two pictures, to be read with damaged categories. */
async function sequencesBeside(path: string): Promise<string> {
  const folder = join(dirname(path), 'sequences');
  const sequence = join(folder, 'one');
  if (await mkdir(sequence, { recursive: true })) {
    for (const name of ['1.png', '2.png']) await writeImage(join(sequence, name), grayImage(9, 9));
    await writeFile(join(sequence, 'H_1_2'), '1 0 0 0 1 0 0 0 1');
  }
  return folder;
}

const FORMAT = ['FormatError'];

export const FILE_READERS: readonly Reader[] = [
  {
    name: 'safetensors',
    files: () => [
      encodeSafetensors({ a: ARRAYS.a, b: ARRAYS['b/c'] }, { made: 'here' }),
      encodeSafetensors({}),
    ],
    read: (bytes) => checkTensors(decodeSafetensors(bytes).tensors),
    errors: FORMAT,
  },
  {
    name: 'pytorch',
    files: () =>
      fixtures('zip.pth', 'legacy.pth', 'types.pth', 'objects.pth', 'protocol4.pth', 'legacy-optimizer.pth'),
    read: (bytes) => checkTensors(decodePytorchCheckpoint(bytes)),
    errors: FORMAT,
  },
  {
    name: 'npz',
    files: async () => [...(await fixtures('numpy.npz')), encodeNpz(ARRAYS)],
    read: (bytes) => checkTensors(decodeNpz(bytes)),
    errors: FORMAT,
  },
  {
    name: 'features-npz',
    files: () => [encodeFeaturesNpz(someFeatures(3, 4)), encodeFeaturesNpz(someFeatures(0, 4))],
    read: (bytes) => checkFeatures(decodeFeaturesNpz(bytes)),
    errors: FORMAT,
  },
  {
    name: 'features-json',
    async files() {
      const pictures = [
        { name: 'a.jpg', features: someFeatures(3, 4) },
        { name: 'b/c.jpg', features: someFeatures(0, 4) },
      ];
      let json = '';
      for await (const part of encodeFeaturesJson(pictures)) json += part;
      return [text(json)];
    },
    read(bytes) {
      for (const { features } of decodeFeaturesJson(Buffer.from(bytes).toString())) checkFeatures(features);
    },
    errors: FORMAT,
  },
  {
    name: 'hloc',
    async files() {
      const pictures = [
        { name: 'a.jpg', features: someFeatures(3, 4) },
        { name: 'b/c.jpg', features: someFeatures(1, 4) },
      ];
      return [
        ...(await fixtures('hloc-half.h5')),
        await written((path) => writeHlocFeatures(path, pictures)),
      ];
    },
    needsFile: true,
    async read(_bytes, path) {
      for await (const { features } of readHlocFeatures(path)) checkFeatures(features);
    },
    errors: FORMAT,
    spentBy: 'LibraryBrokenError',
  },
  {
    name: 'features-safetensors',
    files: () => [
      encodeFeaturesSafetensors(someFeatures(3, 4), { half: true }),
      encodeFeaturesSafetensors(someFeatures(0, 4), { exif: 'apply', origin: 'x' }),
    ],
    read: (bytes) => checkFeatures(decodeFeaturesSafetensors(bytes)),
    errors: FORMAT,
  },
  {
    name: 'hloc-matches',
    files: async () => [
      await written((path) =>
        writeHlocMatches(
          path,
          [
            { name0: 'a.jpg', name1: 'b/c.jpg', pair: somePair(5), origin: 'x' },
            { name0: 'a.jpg', name1: 'd.jpg', pair: somePair(0) },
          ],
          { origin: 'y' },
        ),
      ),
    ],
    needsFile: true,
    async read(_bytes, path) {
      const file = await HlocMatches.open(path);
      try {
        file.attribute('origin');
        for (const name of file.names) {
          file.origin(name);
          checkPair(file.read(name));
        }
      } finally {
        file.close();
      }
    },
    errors: FORMAT,
    spentBy: 'LibraryBrokenError',
  },
  {
    name: 'journal',
    files: async () => [
      await written(async (path) => {
        const journal = await Journal.open(path);
        await journal.append('a.jpg', 'x', Uint8Array.of(1, 2, 3));
        await journal.append('b/c.jpg', 'y', encodeFeaturesSafetensors(someFeatures(1, 2)));
        await journal.append('a.jpg', 'z', Uint8Array.of());
        await journal.close();
      }),
    ],
    needsFile: true,
    async read(_bytes, path) {
      const journal = await Journal.open(path);
      for (const name of ['a.jpg', 'b/c.jpg']) if (journal.origin(name)) await journal.read(name);
      await journal.append('new', 'w', Uint8Array.of(9));
      assert.deepEqual([...(await journal.read('new'))], [9]);
      await journal.close();
      const again = await Journal.open(path);
      assert.equal(again.origin('new'), 'w', 'what is added to a damaged journal is there the next time');
      await again.close();
    },
    errors: FORMAT,
    repair: repairJournal,
  },
  {
    name: 'origin',
    files: () => [
      text(
        originMetadata(
          originOf('training', { seed: 1, list: [2, null, 'x'] }, { start: originOf('weights', {}) }),
        ).origin,
      ),
    ],
    read: (bytes) => void originOfMetadata({ origin: Buffer.from(bytes).toString() })?.hash,
    errors: FORMAT,
  },
  {
    name: 'pairs',
    files: () => [text('a.jpg b.jpg\nb.jpg  c/d.jpg\n\nb.jpg a.jpg\n')],
    needsFile: true,
    async read(_bytes, path) {
      const known = new Set(['a.jpg', 'b.jpg', 'c/d.jpg']);
      for (const pair of await readPairs(path, known)) assert.ok(pair.every((name) => known.has(name)));
    },
    errors: ['UsageError'],
  },
  {
    name: 'model',
    files() {
      const model = modelOf({ tensors: weights(), metadata: {} });
      return [onnxModel(model), encodeModel(model), encodeModel(model, { half: true })];
    },
    async read(bytes) {
      const model = await readModel(bytes);
      checkTensors(model.weights);
      for (const { data } of Object.values(model.weights))
        assert.ok(data.every(Number.isFinite), 'finite weights');
    },
    errors: FORMAT,
  },
  {
    name: 'labels',
    files: () => [text(LABELS.join('')), text(LABELS[1])],
    needsFile: true,
    async read(_bytes, path) {
      for (const { keypoints, scores } of await readLabels(path)) {
        assert.equal(keypoints.length, 2 * scores.length);
        for (const value of [...keypoints, ...scores])
          assert.ok(Number.isFinite(value), `a number that is ${value}`);
      }
    },
    errors: ['LabelsError', 'OriginError'],
  },
  {
    name: 'checkpoint',
    async files() {
      const state = initialState(weights(), {});
      const origin = originOf('training', { seed: 1 });
      return [
        await written((path) =>
          writeCheckpoint(path, { state, average: undefined, stage: 'superpoint', origin }),
        ),
      ];
    },
    needsFile: true,
    async read(_bytes, path) {
      const { state } = await readCheckpoint(path);
      assert.ok(Number.isSafeInteger(state.step) && state.step >= 0, `step ${state.step}`);
      checkTensors(state.parameters);
    },
    errors: ['FormatError', 'RangeError'],
  },
  {
    name: 'recipe',
    files: () => [text(JSON.stringify(SMALL_RECIPE, undefined, 2))],
    needsFile: true,
    read: (_bytes, path) => readRecipe(path),
    errors: ['RecipeError'],
  },
  {
    name: 'homography',
    files: () => [text('1 0.1 5\n-.1 1 3\n1e-4 0 1\n'), text('0.5,0,1,0,0.5,2,0,0,1')],
    read(bytes) {
      const homography = parseHomography(Buffer.from(bytes).toString(), 'H_1_2');
      assert.ok(homography.length === 9 && homography.every(Number.isFinite));
    },
    errors: FORMAT,
  },
  {
    name: 'categories',
    files: () => [
      text('{"one": "viewpoint", "two": {"kind": "blur", "sigma": 2}}'),
      text('{"one/2": "light"}'),
    ],
    needsFile: true,
    async read(_bytes, path) {
      await readSequences(await sequencesBeside(path), { categories: path });
    },
    errors: FORMAT,
  },
];
