import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { SuperPoint } from '../../src/features/superpoint.js';
import { originOfMetadata } from '../../src/files/origin.js';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { interrupted, SMALL_RECIPE, superpoint, testImage, writeImage } from './command.js';

const view = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer, byteOffset, byteLength);

suite('superpoint train and reproduce', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-train-'));
    await writeFile(join(folder, 'small.json'), JSON.stringify(SMALL_RECIPE));
    for (let i = 0; i < 4; i++) await writeImage(join(folder, `photos/${i}.png`), testImage(i, 128, 96));
  });
  after(() => rm(folder, { recursive: true }));

  const run = (...args: string[]) => superpoint(folder, ...args);
  const bytes = (name: string) => readFile(join(folder, name));

  test('trains in stages what reproduce makes in one go, to the bit', async () => {
    const magicpoint = await run('train', 'magicpoint', '--recipe', 'small.json', '--output', 'mp', '--json');
    assert.equal(magicpoint.code, 0, magicpoint.stderr);
    const expected = { network: 'magicpoint', finished: true, step: 3 };
    const paths = { output: 'mp', weights: 'mp/weights.safetensors' };
    assert.deepEqual(JSON.parse(magicpoint.stdout), { ...expected, ...paths });
    const adapting = ['--model', 'mp', '--output', 'labels.jsonl', '--recipe', 'small.json'];
    assert.equal((await run('adapt', 'photos', ...adapting)).code, 0);
    const photos = ['--photos', 'photos', '--labels', 'labels.jsonl', '--model', 'mp'];
    const joint = await run('train', 'superpoint', '--recipe', 'small.json', '--output', 'sp', ...photos);
    assert.equal(joint.code, 0, joint.stderr);
    assert.equal(joint.stdout, 'trained after step 3, weights in sp/weights.safetensors\n');

    const reproducing = ['--recipe', 'small.json', '--photos', 'photos', '--output', 'all'];
    const whole = await run('reproduce', ...reproducing, '--json');
    assert.equal(whole.code, 0, whole.stderr);
    const { finished, model, failures } = JSON.parse(whole.stdout);
    assert.deepEqual([finished, model, failures], [true, 'all/superpoint.safetensors', []]);
    const [stagewise, inOne] = (
      await Promise.all(['sp/weights.safetensors', 'all/superpoint.safetensors'].map(bytes))
    ).map((file) => decodeSafetensors(file).tensors);
    assert.deepEqual(inOne, stagewise);
    const [told, toldInOne] = (
      await Promise.all(['sp/weights.safetensors', 'all/superpoint.safetensors'].map(bytes))
    ).map((file) => originOfMetadata(decodeSafetensors(file).metadata));
    assert.deepEqual(toldInOne, told);
    const { labels, start } = told!.inputs;
    assert.equal(start?.inputs.madeBy?.settings.stage, 'magicpoint');
    assert.equal(labels?.inputs.madeBy?.settings.maxKeypoints, 50);
    assert.equal(labels?.inputs.madeBy?.inputs.weights?.inputs.madeBy?.hash, start?.inputs.madeBy?.hash);

    const network = await SuperPoint.load({ model: join(folder, model) });
    assert.equal((await network.detect(testImage(0))).descriptorDim, 8);
    await network.dispose();
    const again = await run('reproduce', ...reproducing);
    assert.equal(again.stdout, 'SuperPoint is in all/superpoint.safetensors\n');
  });

  test('reproduce, killed in each of its stages and called again, leaves the same bytes', async () => {
    const reproducing = ['reproduce', '--recipe', 'small.json', '--photos', 'photos', '--output', 'killed'];
    for (const stage of ['magicpoint', 'labels', 'superpoint']) {
      const { code } = await interrupted(folder, new RegExp(`^${stage}: `, 'm'), 'SIGKILL', ...reproducing);
      // On a busy machine a stage this short may have ended before it was seen; the first has much after it.
      if (code === 0 && stage !== 'magicpoint') break;
      assert.equal(code, null, stage);
      assert.ok(existsSync(join(folder, 'killed/.lock')));
    }
    const { code, stderr } = await run(...reproducing);
    assert.equal(code, 0, stderr);
    const files = async (output: string) => {
      const names = await readdir(join(folder, output), { recursive: true });
      return names.filter((name) => name !== 'metrics.jsonl' && /\./.test(name)).sort();
    };
    assert.deepEqual(await files('killed'), await files('all'));
    for (const name of (await files('all')).filter((each) => !/metrics/.test(each))) {
      assert.ok((await bytes(`killed/${name}`)).equals(await bytes(`all/${name}`)), name);
    }
  });

  test('trains weights on, their normalisation folded and the first layers frozen', async () => {
    const recipe = {
      ...SMALL_RECIPE,
      superpoint: { ...SMALL_RECIPE.superpoint, normalisation: 'folded', frozenLayers: 2 },
    };
    await writeFile(join(folder, 'folded.json'), JSON.stringify(recipe));
    const start = 'sp/weights.safetensors';
    const data = ['--photos', 'photos', '--labels', 'labels.jsonl'];
    const train = (...args: string[]) => run('train', 'superpoint', ...data, ...args);
    const trained = await train('--recipe', 'folded.json', '--model', start, '--output', 'fine');
    assert.equal(trained.code, 0, trained.stderr);
    const [before, after] = (await Promise.all([start, 'fine/weights.safetensors'].map(bytes))).map(
      (file) => decodeSafetensors(file).tensors,
    );
    assert.deepEqual(Object.keys(after), Object.keys(before));
    for (const name of Object.keys(before)) {
      const isFrozen = /^conv1[ab]\./.test(name);
      assert.equal(Buffer.compare(view(after[name].data), view(before[name].data)) === 0, isFrozen, name);
    }

    const normalised = await train('--recipe', 'small.json', '--model', start, '--output', 'no');
    assert.equal(normalised.code, 1);
    assert.match(
      normalised.stderr,
      /conv1a of the weights to start from has no batch normalisation: expected/,
    );
    const wider = { ...recipe, network: { ...SMALL_RECIPE.network, head: 24 } };
    await writeFile(join(folder, 'wider.json'), JSON.stringify(wider));
    const other = await train('--recipe', 'wider.json', '--model', start, '--output', 'no');
    assert.equal(other.code, 1);
    assert.match(other.stderr, /the recipe's network has \[24,.*\] for convPa.weight, the start has/);
  });

  test('follows the recipes that one comes after, each once', async () => {
    const { magicpoint: _, ...stages } = SMALL_RECIPE;
    const chain = { ...stages, name: 'chain', after: 'small.json', labeller: 'second.json' };
    await writeFile(join(folder, 'chain.json'), JSON.stringify(chain));
    await writeFile(
      join(folder, 'second.json'),
      JSON.stringify({ ...stages, name: 'second', after: 'small.json' }),
    );
    const reproducing = ['reproduce', '--photos', 'photos', '--output', 'chained'];
    const { code, stdout, stderr } = await run(...reproducing, '--recipe', 'chain.json');
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'SuperPoint is in chained/superpoint.safetensors\n');
    assert.deepEqual((await readdir(join(folder, 'chained'))).sort(), [
      '1-labels.jsonl',
      '2-superpoint',
      'second',
      'small',
      'superpoint.safetensors',
    ]);
    // The labels are the second network's.
    const labels = ['--model', 'chained/second/2-superpoint', '--recipe', 'chain.json'];
    assert.equal((await run('adapt', 'photos', ...labels, '--output', 'second.jsonl')).code, 0);
    assert.deepEqual(await bytes('second.jsonl'), await bytes('chained/1-labels.jsonl'));

    await writeFile(
      join(folder, 'circle.json'),
      JSON.stringify({ ...stages, name: 'circle', after: 'circle.json' }),
    );
    const circle = await run(...reproducing.slice(0, 3), '--output', 'no', '--recipe', 'circle.json');
    assert.equal(circle.code, 1);
    assert.match(circle.stderr, /recipe circle builds on itself: circle after circle/);
    const alone = await run('train', 'magicpoint', '--recipe', 'chain.json', '--output', 'no');
    assert.equal(alone.code, 1);
    assert.match(alone.stderr, /recipe chain has no stage "magicpoint": it comes after another/);
  });

  test('ends in the same weights after an interruption', async () => {
    const recipe = { ...SMALL_RECIPE, magicpoint: { ...SMALL_RECIPE.magicpoint, steps: 60 } };
    await writeFile(join(folder, 'long.json'), JSON.stringify(recipe));
    const train = (output: string) => ['train', 'magicpoint', '--recipe', 'long.json', '--output', output];
    const first = await interrupted(folder, /magicpoint \d+\/60/, 'SIGINT', ...train('cut'));
    assert.equal(first.code, 75);
    assert.match(first.stdout, /^stopped after step \d+, weights in cut\/weights\.safetensors\n$/);
    assert.match(first.stderr, /superpoint: interrupted; the same command goes on from here\n$/);
    const step = Number(/step (\d+)/.exec(first.stdout)?.[1]);
    assert.ok(step >= 1 && step < 60, `stopped after step ${step}`);
    const second = await run(...train('cut'), '--resume');
    assert.equal(second.code, 0, second.stderr);
    assert.equal((await run(...train('straight'))).code, 0);
    for (const name of ['weights.safetensors', 'checkpoint.safetensors']) {
      assert.ok((await bytes(`cut/${name}`)).equals(await bytes(`straight/${name}`)), name);
    }
  });

  test('an edited recipe is refused in the folder of the first, and made again from there when asked', async () => {
    const edited = {
      ...SMALL_RECIPE,
      adaptation: [{ ...SMALL_RECIPE.adaptation[0], warps: 3, maxKeypoints: 9 }],
    };
    await writeFile(join(folder, 'edited.json'), JSON.stringify(edited));
    const reproduce = (recipe: string, output: string, ...args: string[]) =>
      run('reproduce', '--photos', 'photos', '--recipe', recipe, '--output', output, ...args);
    const kept = ['1-magicpoint/checkpoint.safetensors', '2-labels.jsonl', 'superpoint.safetensors'];
    const before = await Promise.all(kept.map((name) => bytes(`all/${name}`)));
    const refused = await reproduce('edited.json', 'all');
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /superpoint: all\/2-labels\.jsonl was made from other settings or inputs: maxKeypoints 50 → 9, warps 2 → 3; name/,
    );
    assert.deepEqual(await Promise.all(kept.map((name) => bytes(`all/${name}`))), before);

    const remade = await reproduce('edited.json', 'all', '--overwrite');
    assert.equal(remade.code, 0, remade.stderr);
    assert.equal((await reproduce('edited.json', 'anew')).code, 0);
    for (const name of kept) assert.deepEqual(await bytes(`all/${name}`), await bytes(`anew/${name}`), name);
    assert.deepEqual(await bytes(`all/${kept[0]}`), before[0]);

    // Another name makes no other weights.
    await writeFile(join(folder, 'edited.json'), JSON.stringify({ ...edited, name: 'renamed' }, null, 2));
    assert.equal((await reproduce('edited.json', 'all')).code, 0);

    // Of photographs that came and went those count that are there, in the order of their names.
    await mkdir(join(folder, 'others'));
    for (const [n, name] of ['0', '5', '2', '3'].entries())
      await copyFile(join(folder, `photos/${n}.png`), join(folder, `others/${name}.png`));
    const others = ['reproduce', '--photos', 'others', '--recipe', 'edited.json', '--output'];
    assert.equal((await run(...others, 'all', '--overwrite')).code, 0);
    assert.equal((await run(...others, 'others-anew')).code, 0);
    assert.deepEqual(
      await bytes('all/superpoint.safetensors'),
      await bytes('others-anew/superpoint.safetensors'),
    );
  });

  test('what is being made is not made twice at once', async () => {
    const train = () => run('train', 'magicpoint', '--recipe', 'long.json', '--output', 'double');
    const [one, two] = await Promise.all([train(), train()]);
    const [first, second] = one.code === 0 ? [one, two] : [two, one];
    assert.equal(first.code, 0, first.stderr);
    // Where the first had ended before the second looked, that one has nothing to do.
    if (second.code !== 0)
      assert.match(second.stderr, /^superpoint: double is in use by process \d+ on .+ since 20.+Z\n$/);
    assert.deepEqual(await bytes('double/weights.safetensors'), await bytes('straight/weights.safetensors'));
  });

  test('stops in good order when its time is up', async () => {
    const options = ['--recipe', 'tiny', '--output', 'timed', '--max-time', '1s'];
    const { code, stdout, stderr } = await run('train', 'magicpoint', ...options);
    assert.equal(code, 75);
    assert.match(stderr, /superpoint: the time is up; the same command goes on from here\n$/);
    assert.match(stdout, /^stopped after step \d+, weights in timed\/weights\.safetensors\n$/);
    assert.ok(existsSync(join(folder, 'timed/checkpoint.safetensors')));
  });

  test('says in one line what is wrong', async () => {
    const line = JSON.stringify({ file: 'gone.png', width: 8, height: 8, keypoints: [] });
    await writeFile(join(folder, 'gone.jsonl'), `${line}\n`);
    await writeFile(join(folder, 'wrong.json'), JSON.stringify({ ...SMALL_RECIPE, stepz: 3 }));
    const other = { ...SMALL_RECIPE, magicpoint: { ...SMALL_RECIPE.magicpoint, steps: 4 } };
    await writeFile(join(folder, 'other.json'), JSON.stringify(other));
    await run('train', 'magicpoint', '--recipe', 'small.json', '--output', 'there');
    const small = ['--recipe', 'small.json', '--output', 'x'];
    const photos = ['--photos', 'photos', '--labels', 'gone.jsonl'];
    const cases: [string[], number, RegExp][] = [
      [['magicpoint', '--recipe', 'wrong.json', '--output', 'x'], 1, /wrong\.json: unknown key stepz/],
      [['magicpoint', '--recipe', 'gone.json', '--output', 'x'], 1, /gone\.json: the recipe cannot be read/],
      [
        ['magicpoint', '--recipe', 'other.json', '--output', 'there'],
        1,
        /there was made .*: steps 3 → 4; name/,
      ],
      [['superpoint', ...small, ...photos], 1, /the labels name 1 of 1 photographs .*: gone\.png/],
      [['superpoint', ...small], 2, /--photos and --labels are missing/],
      [['superpoint', ...small, '--photos', 'photos'], 2, /belong together/],
      [['superpint', ...small], 2, /Allowed choices are magicpoint, superpoint/],
      [['magicpoint', ...small, '--max-time', 'soon'], 2, /Expected a span of time such as/],
      [['magicpoint', '--output', 'x'], 2, /required option '--recipe <recipe>'/],
    ];
    for (const [args, expectedCode, message] of cases) {
      const { code, stdout, stderr } = await run('train', ...args);
      assert.equal(code, expectedCode, stderr);
      assert.match(stderr, /^superpoint: .*\n$/);
      assert.match(stderr, message);
      assert.equal(stdout, '');
    }
    const reproducing = ['--recipe', 'small.json', '--photos', 'gone', '--output', 'x'];
    const { code, stderr } = await run('reproduce', ...reproducing);
    assert.equal(code, 1);
    assert.equal(stderr, 'superpoint: gone: no such file or folder\n');
    assert.ok(!existsSync(join(folder, 'x')));
  });
});
