import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { reportHtml } from '../../../src/evaluation/report/html.js';
import { reportMarkdown } from '../../../src/evaluation/report/markdown.js';
import { curvePlot, intervalPlot } from '../../../src/evaluation/report/plots.js';
import { formatFigure, type Report } from '../../../src/evaluation/report/report.js';
import { writeReport } from '../../../src/evaluation/report/write-report.js';

const REPORT: Report = {
  title: 'A <report>',
  summary: 'Of 1 & 2.',
  sections: [
    {
      title: 'Figures',
      blocks: [
        {
          kind: 'table',
          caption: 'By hand.',
          head: ['', 'rep.', 'a|b'],
          rows: [
            [{ text: 'ours' }, { text: '0.7', isBest: true, detail: '0.6–0.8' }, { text: '–' }],
            [{ text: 'theirs' }, { text: '0.6' }, { text: '1' }],
          ],
        },
        { kind: 'plot', caption: 'A curve.', svg: '<svg width="4" height="4"></svg>' },
        {
          kind: 'pictures',
          caption: 'Two pictures.',
          pictures: [{ caption: 'one', bytes: Uint8Array.of(1, 2, 3), type: 'image/webp' }],
        },
        { kind: 'record', caption: 'Protocol', value: { seed: 0 } },
      ],
    },
  ],
};

suite('reports', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-report-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('are one HTML file that loads nothing', () => {
    const html = reportHtml(REPORT);
    assert.doesNotMatch(html, /(src|href)="(?!data:)/);
    assert.doesNotMatch(html, /url\(|@import|<script|<link/);
    assert.match(html, /<title>A &lt;report&gt;<\/title>/);
    assert.match(html, /<td class="best">0\.7<small>0\.6–0\.8<\/small><\/td>/);
    assert.match(html, /src="data:image\/webp;base64,AQID" alt="one"/);
    assert.match(html, /&quot;seed&quot;: 0/);
  });

  test('say the same in Markdown, with files beside it', () => {
    const { text, files } = reportMarkdown(REPORT, 'r-files');
    assert.match(text, /^# A \\<report\\>\n\nOf 1 &amp; 2\.\n\n## Figures\n/);
    assert.match(
      text,
      /\| {2}\| rep\. \| a\\\|b \|\n\| :-- \| --: \| --: \|\n\| ours \| \*\*0\.7\*\* <sub>0\.6–0\.8<\/sub> \| – \|/,
    );
    assert.deepEqual(
      files.map(([path]) => path),
      ['r-files/1.svg', 'r-files/2.webp'],
    );
    assert.match(String(files[0][1]), /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    for (const [path] of files) assert.ok(text.includes(`](${path})`));
  });

  test('show names in Markdown as they are, whatever they are', () => {
    const name = '- <b>*best*</b> | [a](b) `c` & _d_ ![e](f)\n# g \\';
    const blocks = [
      { kind: 'text', text: name },
      {
        kind: 'table',
        caption: name,
        head: ['', name],
        rows: [[{ text: name }, { text: '1', isBest: true }]],
      },
      { kind: 'plot', caption: name, svg: '<svg></svg>' },
      { kind: 'record', caption: name, value: { [name]: '```' } },
    ] as const;
    const { text } = reportMarkdown({ title: name, summary: name, sections: [{ title: name, blocks }] }, 'r');
    const shown = '\\- \\<b\\>\\*best\\*\\</b\\> \\| \\[a\\](b) \\`c\\` &amp; \\_d\\_ !\\[e\\](f) # g \\\\';
    assert.equal(text.split(shown).length - 1, 8);
    assert.match(text, /<summary>- &lt;b&gt;/);
    assert.equal(text.match(/^```/gm)?.length, 2);
  });

  test('are written whole, three files and the pictures', async () => {
    const written = await writeReport(folder, 'r', REPORT, { figures: [1] });
    assert.deepEqual(
      written,
      ['html', 'md', 'json'].map((ending) => join(folder, `r.${ending}`)),
    );
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'r.json'), 'utf8')), { figures: [1] });
    assert.ok(existsSync(join(folder, 'r-files/2.webp')));
  });

  test('figures have three digits, and a dash where there is none', () => {
    assert.equal(formatFigure(0.12345), '0.123');
    assert.equal(formatFigure(2, 1), '2.0');
    assert.equal(formatFigure(undefined), '–');
    assert.equal(formatFigure(Number.NaN), '–');
  });

  test('curves keep their colours and legends name those that are drawn', async () => {
    const names = ['a', 'b <c>', 'not drawn'];
    const curves = [
      {
        name: 'a',
        points: [
          [0, 0.1],
          [1, 0.9],
        ] as const,
      },
      {
        name: 'b <c>',
        points: [
          [0, Number.NaN],
          [1, 0.5],
        ] as const,
      },
    ];
    const svg = await curvePlot(curves, names, { x: 'level', y: 'mAP' });
    assert.match(svg, /^<svg xmlns=.*<\/svg>$/s);
    assert.match(svg, />a<\/text>/);
    assert.match(svg, />b &lt;c&gt;<\/text>/);
    assert.doesNotMatch(svg, /not drawn|NaN/);
    assert.equal(await curvePlot(curves, names, { x: 'level', y: 'mAP' }), svg);
  });

  test('legends go on in another line where a name would leave the card', async () => {
    // 640 px wide: from 16 on, 42 and 7.2 a letter for each, so that two names of 37 letters fit beside each other
    const names = ['a', 'b', 'c'].map((letter) => letter.repeat(37));
    const curves = names.map((name) => ({ name, points: [[0, 0.5] as const, [1, 0.6] as const] }));
    const svg = await curvePlot(curves, names, { x: 'level', y: 'mAP' });
    const places = [...svg.matchAll(/<text x="([\d.]+)" y="(\d+)">(\w)/g)].map(([, x, y, letter]) => [
      letter,
      Number(x),
      Number(y),
    ]);
    assert.deepEqual(places, [
      ['a', 44, 18],
      ['b', 16 + 42 + 7.2 * 37 + 28, 18],
      ['c', 44, 40],
    ]);
    assert.match(svg, /viewBox="0 0 640 402"/, '340 of the plot, two lines of 22, and margins of 18');
    const wide = await curvePlot([{ ...curves[0], name: 'w'.repeat(99) }], ['w'.repeat(99)], {
      x: '',
      y: '',
    });
    assert.match(wide, /<text x="44" y="18">w{99}</, 'a name wider than the card stands in the first line');
  });

  test('curves of one colour are told apart by their dashes, in the plot and in the legend', async () => {
    const names = Array.from({ length: 21 }, (_, n) => `row ${n}`);
    const curves = names.map((name) => ({ name, points: [[0, 0.5] as const, [1, 0.6] as const] }));
    const svg = await curvePlot(curves, names, { x: 'level', y: 'mAP' });
    const legend = [...svg.matchAll(/stroke="(#\w+)" stroke-width="3" stroke-dasharray="([^"]+)"/g)];
    assert.deepEqual(
      [0, 10, 20].map((n) => legend[n].slice(1)),
      ['none', '7 4', '2 3'].map((dash) => ['#0072b2', dash]),
    );
    assert.equal(new Set(legend.map(([entry]) => entry)).size, 21);
    const dashes = [...svg.matchAll(/stroke-dasharray="([^"]+)"[^>]*><path([^<]*<path)*/g)];
    assert.deepEqual(
      dashes.map(([group, dash]) => [dash, group.match(/<path/g)?.length]),
      [
        ['7 4', 10],
        ['2 3', 1],
      ],
    );
  });

  test('intervals are drawn by name', async () => {
    const figure = { value: 0.5, low: 0.4, high: 0.7 };
    const svg = await intervalPlot([{ name: 'ours', figure }], ['ours'], 'rep.');
    assert.match(svg, />ours<\/text>/);
    assert.doesNotMatch(svg, /NaN/);
  });
});
