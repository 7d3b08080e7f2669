import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Category } from '../../../src/evaluation/protocols/category.js';
import type {
  EvaluationRow,
  HomographyEvaluation,
} from '../../../src/evaluation/protocols/evaluate-homographies.js';
import type { MeasuredFigure } from '../../../src/evaluation/protocols/figure.js';
import { ALL, type Group, groupsOf, groupTitle } from '../../../src/evaluation/protocols/group.js';
import { PROFILES } from '../../../src/evaluation/protocols/profiles.js';
import { columnTitles, figureAt, profileColumns } from '../../../src/evaluation/report/columns.js';
import { homographyReport } from '../../../src/evaluation/report/homographies.js';
import { publishedBeside } from '../../../src/evaluation/report/published.js';
import type { Block, Cell } from '../../../src/evaluation/report/report.js';
import { categorySweeps } from '../../../src/evaluation/report/sweeps.js';
import { figureLines } from '../../../src/evaluation/report/text-table.js';

const profile = PROFILES.warps;
const columns = profileColumns(profile);

/** A row whose every figure has this value, in all groups. */
function rowOf(name: string, value: number, groups: readonly Group[], weights?: string): EvaluationRow {
  const figuresOf = (task: string): MeasuredFigure[] =>
    columns
      .filter((column) => column.task === task)
      .map(({ figure }) => ({ figure, value, low: value - 0.1, high: value + 0.1 }));
  const result = (task: string) => ({
    figures: groups.map((group) => ({ group, figures: figuresOf(task) })),
    pairs: [],
    extractionSeconds: 1,
  });
  return {
    name,
    settings: weights ? { weights } : {},
    detector: { detector: result('detector') },
    homography: { homography: result('homography') },
    failures: [],
  };
}

function evaluationOf(categories: readonly Category[]): HomographyEvaluation {
  const groups = groupsOf(categories);
  return {
    profile,
    dataset: { sequences: 1, pairs: categories.length, hash: 'none', skipped: [], excluded: [] },
    rows: [rowOf('ours', 0.7, groups, 'abc'), rowOf('theirs', 0.6, groups)],
  };
}

const CONTEXT = {
  title: 'Title',
  environment: { superpoint: '1', node: '2', onnxruntime: '3', machine: 'one' },
  seconds: 1,
  peakMemory: 1,
  pictures: [],
  pictureCaption: '',
};

type Table = Extract<Block, { kind: 'table' }>;

async function tablesOf(...args: Parameters<typeof homographyReport>): Promise<Table[]> {
  const { sections } = await homographyReport(...args);
  return sections.flatMap(({ blocks }) => blocks).filter((block) => block.kind === 'table');
}

function cell(table: Table, row: string, column: string): Cell | undefined {
  return table.rows.find(([first]) => first.text === row)?.[table.head.indexOf(column)];
}

const BLURS: Category[] = [
  { kind: 'blur', sigma: 2 },
  { kind: 'blur', sigma: 0.5 },
];

suite('groups of pairs', () => {
  test('are all, each kind with several steps, and each category by its amount', () => {
    const view: Category = { kind: 'view' };
    const named: Category = { kind: 'named', name: 'viewpoint' };
    assert.deepEqual(groupsOf([...BLURS, view, BLURS[0], named]), [
      ALL,
      { of: 'kind', kind: 'blur' },
      { of: 'category', category: named },
      { of: 'category', category: view },
      { of: 'category', category: BLURS[1] },
      { of: 'category', category: BLURS[0] },
    ]);
    assert.deepEqual(groupsOf([view, view]), [ALL]);
    // A kind that is all there is says nothing that `all` does not.
    assert.equal(groupsOf(BLURS).length, 3);
  });

  test('have titles made from their values', () => {
    const titles = groupsOf([...BLURS, { kind: 'mixed', severity: 0.5 }, { kind: 'mixed', severity: 1 }]);
    assert.deepEqual(titles.map(groupTitle), [
      'all',
      'viewpoint and light',
      'blur',
      'moderate',
      'severe',
      'blur 0.5',
      'blur 2',
    ]);
  });
});

suite('columns', () => {
  test('name the task where two of a table have the same figure', () => {
    const titles = columnTitles(profileColumns(PROFILES.paper));
    assert.deepEqual(titles.slice(0, 4), ['rep.@3 nms4', 'MLE nms4', 'rep.@3 nms8', 'MLE nms8']);
    const [first] = columnTitles(columns);
    assert.equal(first, 'rep.@3');
  });

  test('find their figure in a row by value', () => {
    const { rows } = evaluationOf(BLURS);
    for (const column of columns) assert.equal(figureAt(rows[0], column, ALL)?.value, 0.7);
    const unknown = { task: 'detector', figure: { name: 'repeatability', epsilon: 7 } } as const;
    assert.equal(figureAt(rows[0], unknown, ALL), undefined);
  });
});

suite('the report of a comparison', () => {
  test('marks the best of each column, upwards or downwards', async () => {
    const [main] = await tablesOf(evaluationOf(BLURS), CONTEXT);
    assert.equal(cell(main, 'ours', 'rep.@3')?.isBest, true);
    assert.equal(cell(main, 'theirs', 'rep.@3')?.isBest, false);
    assert.equal(cell(main, 'theirs', 'MLE')?.isBest, true);
    assert.equal(cell(main, 'ours', 'rep.@3')?.detail, '0.60–0.80');
    assert.equal(main.rows.length, 2);
  });

  test('says of each plot which way is better', async () => {
    const { sections } = await homographyReport(evaluationOf(BLURS), CONTEXT);
    const captions = sections.flatMap(({ blocks }) =>
      blocks.map((block) => ('caption' in block ? block.caption : '')),
    );
    assert.ok(captions.includes('MLE, lower is better, with 95 % intervals.'), captions.join('\n'));
    assert.ok(captions.includes('rep.@3, higher is better, with 95 % intervals.'));
  });

  test('compares with rows measured elsewhere on the same pairs, and only shows others', async () => {
    const row = (name: string) => ({
      name,
      figures: [{ figure: { name: 'nnMap' } as const, value: 0.9 }],
    });
    const table = (samePairs: boolean) => ({
      group: ALL,
      samePairs,
      source: 'a source',
      rows: [row(`same pairs ${samePairs}`)],
    });
    const evaluation = evaluationOf(BLURS);
    const { sections } = await homographyReport(evaluation, CONTEXT, {
      published: [table(true), table(false)],
    });
    const [main, text] = sections[0].blocks as [Table, Extract<Block, { kind: 'text' }>];
    assert.match(main.caption, /a source/);
    assert.equal(cell(main, 'same pairs true', 'NN mAP')?.isBest, true);
    assert.equal(cell(main, 'same pairs false', 'NN mAP')?.text, '0.900');
    assert.equal(cell(main, 'same pairs false', 'NN mAP')?.isBest, false);
    assert.equal(cell(main, 'same pairs true', 'MLE')?.text, '–');
    assert.equal(cell(main, 'ours', 'NN mAP')?.isBest, false);
    assert.match(
      text.text,
      /^ours is first in 6 of 8 columns; behind in MLE \(theirs 0\.600\), NN mAP \(same pairs true 0\.900\)\.$/,
    );
  });

  test('holds rows of other networks for the pairs that they were measured on, and no others', () => {
    const names = (hash: string) => publishedBeside(hash).flatMap(({ rows }) => rows.map(({ name }) => name));
    assert.ok(names('any other').every((name) => name.startsWith('paper: ')));
  });

  test('draws a sweep for each kind with several steps, ascending', () => {
    const sweeps = categorySweeps(evaluationOf([...BLURS, { kind: 'view' }]));
    assert.deepEqual(
      sweeps.map(({ title }) => title),
      ['rep.@3 by blur', 'H@3 by blur', 'NN mAP by blur', 'M. score by blur'],
    );
    assert.deepEqual(sweeps[0].curves[0].points, [
      [0.5, 0.7],
      [2, 0.7],
    ]);
  });

  test('says the same on the terminal', () => {
    const lines = figureLines(evaluationOf([...BLURS, { kind: 'view' }]));
    assert.ok(lines.some((line) => /^all +rep\.@3 +MLE +H@1 /.test(line)));
    assert.ok(lines.some((line) => /^ours, OpenCV's RANSAC +0\.700 +0\.700 +0\.700 +0\.700$/.test(line)));
    assert.ok(lines.some((line) => /^a small change of view alone +rep/.test(line)));
    assert.ok(!lines.some((line) => line.startsWith('blur 2')));
    assert.ok(lines.includes('NN mAP by blur'));
  });

  test('a table that is wider than the terminal goes on below', () => {
    const lines = figureLines(evaluationOf([{ kind: 'view' }]), 40);
    assert.ok(lines.every((line) => line.length <= 40));
    const start = lines.findIndex((line) => line.startsWith('all '));
    const [head, , , below] = lines.slice(start);
    assert.match(head, /^all +rep\.@3 +MLE/);
    assert.match(below, /^all +\S/);
    assert.equal(lines.filter((line) => line.startsWith('all ') && line.endsWith('M. score')).length, 1);
  });
});
