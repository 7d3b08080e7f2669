/** docs/recipes.md against the recipes that the program takes: the same keys, the same defaults. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parseRecipe } from '../../src/training/recipe.js';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/recipes.md'), 'utf8');

type Values = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Numbers as the page rounds them. */
const shown = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, each) =>
    typeof each === 'number' ? Number(each.toPrecision(4)) : each,
  );

/** Values by their keys, those of objects within by `outer.inner`; of `whole` objects as they are. */
function flat(values: Values, whole: readonly string[] = [], prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const path = `${prefix}${key}`;
      const isLeaf = !isObject(value) || whole.includes(path);
      return isLeaf ? [[path, value]] : Object.entries(flat(value, whole, `${path}.`));
    }),
  );
}

/** The rows of a section: key, and the cells of its defaults. */
function rowsOf(heading: string): Map<string, string[]> {
  const [, section] = PAGE.split(new RegExp(`^##+ ${heading}$`, 'm'));
  const table = section.split(/^#/m)[0];
  return new Map(
    [...table.matchAll(/^\| `([\w.]+)` \| (.*) \|$/gm)].map(([, key, cells]) => [
      key,
      cells.split(' | ').slice(0, -1),
    ]),
  );
}

/** What is wrong with the rows of a section, where each column has the values of one place. */
function differences(heading: string, columns: readonly Values[], others: readonly string[] = []): string[] {
  const rows = rowsOf(heading);
  const found: string[] = [];
  const keys = new Set([...columns.flatMap((values) => Object.keys(values)), ...others]);
  for (const key of keys) if (!rows.has(key)) found.push(`${heading} lacks ${key}`);
  for (const [key, cells] of rows) {
    if (!keys.has(key)) found.push(`${heading} has ${key}, which no recipe takes`);
    for (const [n, values] of columns.entries()) {
      const cell = cells[n];
      if (cell === 'required' || cell === 'none' || others.includes(key) || !(key in values)) continue;
      const stated = JSON.parse(cell.replaceAll('`', ''));
      try {
        assert.deepEqual(stated, shown(values[key]));
      } catch {
        found.push(`${heading}, ${key}: ${cell}, expected ${JSON.stringify(shown(values[key]))}`);
      }
    }
  }
  return found;
}

const STAGE = { width: 8, height: 8, batch: 1, steps: 1, learningRate: { peak: 1 } };
const [recipe, paper] = [
  { camera: {}, positionLoss: {}, teacher: {}, descriptorLoss: { kind: 'dualSoftmax' } },
  {},
].map((more) => parseRecipe({ name: 'x', seed: 1, magicpoint: STAGE, superpoint: { ...STAGE, ...more } }));
const { kind: _dual, ...dualSoftmax } = recipe.superpoint.descriptorLoss;
const { kind: _hinge, ...hinge } = paper.superpoint.descriptorLoss;

/** The keys of a stage on shapes are those of all stages and `synthetic`. */
const { synthetic, ...stage } = recipe.magicpoint!;
const stageKeys = flat(stage);
const { camera, ...superpoint } = recipe.superpoint;
const onPhotographs = ['minScore', 'cropScale', 'homographies', 'photometry'];
const without = (values: Values, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));
const only = (values: Values, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));

suite('docs/recipes.md', () => {
  const [round] = recipe.adaptation;
  const parts = ['homographies', 'photometry', 'descriptorLoss'];
  const sections: readonly (readonly [string, readonly Values[], (readonly string[])?])[] = [
    [
      'Recipe',
      [flat({ ...recipe }, ['network', 'magicpoint', 'superpoint'])],
      [
        ...['network', 'after', 'labeller', 'teacher', 'smallestPhotograph', 'maxPhotographs'],
        ...['magicpoint', 'adaptation', 'photographs'],
      ],
    ],
    ['Network', [recipe.network]],
    ['Stages', [stageKeys], ['ema']],
    [
      'Magicpoint',
      [flat({ synthetic }, ['synthetic.homography', 'synthetic.photometry', 'synthetic.weights'])],
      ['synthetic.homography', 'synthetic.photometry'],
    ],
    ['Adaptation', [flat({ ...round }, ['homographies'])], ['maxKeypoints', 'longestSide', 'homographies']],
    ['Stages on photographs', [only(superpoint, onPhotographs)], ['homographies', 'photometry', 'camera']],
    [
      'Superpoint',
      [without(flat(superpoint, parts), [...Object.keys(stageKeys), ...onPhotographs])],
      ['descriptorLoss', 'shareOfStart'],
    ],
    ['Hinge', [hinge]],
    ['Dual softmax', [dualSoftmax]],
    ['Homographies', [round.homographies, recipe.superpoint.homographies, synthetic.homography]],
    [
      'Photometry',
      [recipe.superpoint.photometry!, synthetic.photometry!].map((values) => flat({ ...values })),
    ],
    ['Camera', [flat({ ...camera })]],
  ];
  for (const [heading, columns, others] of sections) {
    test(heading, () => assert.deepEqual(differences(heading, columns, others), []));
  }

  test('keys that may be left out are keys', () => {
    const optional = {
      ...{ labeller: 'a', smallestPhotograph: [1, 1], maxPhotographs: 1, photographs: STAGE },
      adaptation: [{ maxKeypoints: 1, longestSide: 8 }],
    };
    const { name, seed } = recipe;
    parseRecipe({ name, seed, after: 'b', superpoint: { ...STAGE, ema: 0.9 }, ...optional });
  });

  test('a wrong default is seen, and a key too many', () => {
    const [{ head: __head, ...rest }] = [recipe.network];
    assert.deepEqual(differences('Network', [{ ...rest, descriptor: 128 }]), [
      'Network has head, which no recipe takes',
      'Network, descriptor: `256`, expected 128',
    ]);
  });
});
