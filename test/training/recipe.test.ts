import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PAIR_HOMOGRAPHIES } from '../../src/geometry/sample-homography.js';
import { CAMERA_CHANGES } from '../../src/image/camera.js';
import { parseRecipe, RecipeError, readRecipe } from '../../src/training/recipe.js';

const learningRate = { peak: 0.001 };
const stage = { width: 160, height: 120, batch: 2, steps: 3, learningRate };
const least = () => ({ name: 'least', seed: 1, magicpoint: { ...stage }, superpoint: { ...stage } });

test('the recipes that come with the package are valid', async () => {
  for (const name of [
    'tiny',
    'cpu',
    'superpoint-1',
    'superpoint',
    'superpoint-small',
    'superpoint-tiny',
    'paper',
  ])
    assert.equal((await readRecipe(name)).name, name);
});

test('what a recipe leaves out takes the defaults of the paper', () => {
  const recipe = parseRecipe(least());
  assert.deepEqual(recipe.network, { encoder: [64, 64, 128, 128], head: 256, descriptor: 256 });
  assert.deepEqual(recipe.superpoint.descriptorLoss, {
    kind: 'hinge',
    lambdaD: 250,
    positiveMargin: 1,
    negativeMargin: 0.2,
    weight: 1e-4,
  });
  assert.equal(recipe.magicpoint?.targets, 'one');
  assert.equal(recipe.adaptation.length, 1);
  assert.equal(recipe.adaptation[0].warps, 100);
});

test('a preset is changed one number at a time', () => {
  const recipe = least();
  Object.assign(recipe.superpoint, { homographies: { rotation: 1.5 }, photometry: null });
  const { homographies, photometry } = parseRecipe(recipe).superpoint;
  assert.deepEqual(homographies, { ...PAIR_HOMOGRAPHIES, rotation: 1.5 });
  assert.equal(photometry, null);
});

test("a camera's changes are none unless asked for, and are changed one number at a time", () => {
  const recipe = least();
  assert.equal(parseRecipe(recipe).superpoint.camera, undefined);
  Object.assign(recipe.superpoint, { camera: { defocus: { probability: 1 } } });
  const { camera } = parseRecipe(recipe).superpoint;
  assert.deepEqual(camera, {
    ...CAMERA_CHANGES,
    defocus: { ...CAMERA_CHANGES.defocus, probability: 1 },
  });
});

test('an error is one line that names the key, what was expected and what came', () => {
  const cases: [(recipe: Record<string, Record<string, unknown>>) => void, RegExp][] = [
    [(r) => Object.assign(r.magicpoint, { lr: 1 }), /^r\.json: unknown key magicpoint\.lr$/],
    [
      (r) => Object.assign(r.magicpoint, { steps: 'many' }),
      /magicpoint\.steps: expected a number, got "many"/,
    ],
    [
      (r) => Object.assign(r.magicpoint, { steps: 1.5 }),
      /magicpoint\.steps: expected a whole number, got 1\.5/,
    ],
    [(r) => Object.assign(r, { seed: undefined }), /seed: expected a number, got nothing/],
    [
      (r) => Object.assign(r.superpoint, { width: 100 }),
      /superpoint\.width: expected a multiple of 8, got 100/,
    ],
    [(r) => Object.assign(r.superpoint, { targets: 'two' }), /targets: expected "one" or "soft", got "two"/],
    [(r) => Object.assign(r.superpoint, { cropScale: [2, 1] }), /cropScale: expected \[smallest, largest\]/],
    [
      (r) => Object.assign(r.superpoint, { descriptorLoss: { kind: 'triplet' } }),
      /descriptorLoss\.kind: expected "hinge" or "dualSoftmax", got "triplet"/,
    ],
    [
      (r) => Object.assign(r.superpoint, { startFrom: 'scratch', frozenLayers: 2 }),
      /superpoint\.frozenLayers: expected 0 with "startFrom": "scratch".*, got 2/,
    ],
    [
      (r) => Object.assign(r.superpoint, { shareOfStart: 0.4 }),
      /superpoint\.shareOfStart: expected none but with "normalisation": "folded".*, got 0\.4/,
    ],
    [
      (r) => Object.assign(r, { after: 'tiny' }),
      /magicpoint: expected this stage or "after", one of the two/,
    ],
    [
      (r) => {
        delete r.magicpoint;
      },
      /magicpoint: expected this stage or "after", one of the two, got nothing/,
    ],
    [
      (r) => Object.assign(r.superpoint, { positionLoss: {} }),
      /superpoint\.positionLoss: expected none with the hinge loss/,
    ],
    [
      (r) => Object.assign(r.superpoint, { teacher: {} }),
      /superpoint\.teacher: expected none with the hinge loss/,
    ],
    [
      (r) => Object.assign(r, { adaptation: [{}, {}] }),
      /photographs: expected this stage, which stands between two rounds/,
    ],
    [(r) => Object.assign(r, { teacher: 'tiny' }), /superpoint\.teacher: expected this with "teacher"/],
    [
      (r) => Object.assign(r.superpoint, { camera: { jpeg: { quality: [0, 50] } } }),
      /superpoint\.camera\.jpeg\.quality: expected numbers of 1 to 100/,
    ],
    [
      (r) => Object.assign(r, { network: { encoder: [1, 2] } }),
      /network\.encoder: expected a list of at least 4/,
    ],
  ];
  for (const [spoil, message] of cases) {
    const recipe = least();
    spoil(recipe as unknown as Record<string, Record<string, unknown>>);
    assert.throws(
      () => parseRecipe(recipe, 'r.json'),
      (error: Error) =>
        error instanceof RecipeError && message.test(error.message) && !error.message.includes('\n'),
      String(message),
    );
  }
  assert.throws(() => parseRecipe([]), /the recipe: expected an object, got \[\]/);
});

test('what is no JSON is told in one line, wherever the file has its lines', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recipe-'));
  const path = join(folder, 'r.json');
  await writeFile(path, '{\n  "name": "a",\n  seed\n}\n');
  await assert.rejects(readRecipe(path), (error: Error) => {
    assert.match(error.message, /r\.json: expected JSON/);
    return !error.message.includes('\n');
  });
  await rm(folder, { recursive: true });
});

test('a file that is missing or not JSON is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recipe-'));
  try {
    const path = join(folder, 'r.json');
    await writeFile(path, '{"name": ');
    await assert.rejects(readRecipe(path), /r\.json: expected JSON/);
    await assert.rejects(
      readRecipe(join(folder, 'none.json')),
      /none\.json: the recipe cannot be read \(ENOENT\)/,
    );
    await assert.rejects(readRecipe('huge'), /no recipe is named huge/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
