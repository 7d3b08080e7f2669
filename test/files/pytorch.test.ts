import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { zipSync } from 'fflate';
import { FormatError } from '../../src/files/format-error.js';
import { decodePytorchCheckpoint } from '../../src/files/pytorch.js';
import { readFixture } from '../formats/fixture.js';

/** What make-fixtures.py puts into both checkpoints. */
const EXPECTED = {
  'conv1a.weight': { dims: [2, 1, 3, 3], data: Float32Array.from({ length: 18 }, (_, i) => i / 8) },
  'conv1a.bias': { dims: [2], data: new Float32Array([0.5, -0.25]) },
  transposed: { dims: [3, 2], data: new Float32Array([0, 3, 1, 4, 2, 5]) },
  shared: { dims: [1], data: new Float32Array([-0.25]) },
  half: { dims: [2], data: new Float32Array([1, -2.5]) },
  steps: { dims: [], data: new BigInt64Array([7n]) },
};

/** A pickled tensor of one number, and a pickled dictionary, in Python's oldest protocol. */
const TENSOR =
  'ctorch._utils\n_rebuild_tensor_v2\n((S"storage"\nctorch\nFloatStorage\nS"0"\nS"cpu"\nI1\ntQ' +
  'I0\n(I1\nt(I1\ntI00\nNtR';
const dictionary = (entries: Record<string, string>) =>
  `(d${Object.entries(entries)
    .map(([key, value]) => `S"${key}"\n${value}s`)
    .join('')}`;

suite('PyTorch checkpoints', () => {
  test('reads a state_dict beside other entries in the zip format', async () => {
    assert.deepEqual(decodePytorchCheckpoint(await readFixture('zip.pth')), EXPECTED);
  });

  test('reads the plain format from before PyTorch 1.6', async () => {
    assert.deepEqual(decodePytorchCheckpoint(await readFixture('legacy.pth')), EXPECTED);
  });

  test('finds the weights beside an optimizer and whatever else a program kept', async () => {
    const half = (dims: number[], length: number) => ({ dims, data: new Float32Array(length).fill(0.5) });
    const expected = { weight: half([2, 1, 3, 3], 18), bias: half([2], 2) };
    for (const name of ['legacy-optimizer.pth', 'objects.pth', 'protocol4.pth']) {
      assert.deepEqual(decodePytorchCheckpoint(await readFixture(name)), expected, name);
    }
  });

  test('reads every kind of number, and names the tensor of one that it cannot', async () => {
    const values = [0, 1, 1];
    const wide = { dims: [3], data: Float32Array.from(values) };
    assert.deepEqual(decodePytorchCheckpoint(await readFixture('types.pth')), {
      float64: { dims: [3], data: Float64Array.from(values) },
      float32: wide,
      float16: wide,
      bfloat16: wide,
      int64: { dims: [3], data: BigInt64Array.from(values, BigInt) },
      int32: { dims: [3], data: Int32Array.from(values) },
      int16: { dims: [3], data: Int16Array.from(values) },
      int8: { dims: [3], data: Int8Array.from(values) },
      uint8: { dims: [3], data: Uint8Array.from(values) },
      bool: { dims: [3], data: Uint8Array.from(values) },
    });
    const complex = await readFixture('complex.pth');
    assert.throws(() => decodePytorchCheckpoint(complex), /: z consists of complex64, which cannot be read/);
  });

  test('refuses a pickled module, and runs nothing of any file', async () => {
    const bytes = await readFixture('module.pth');
    assert.throws(
      () => decodePytorchCheckpoint(bytes),
      /state_dict, .* got an object of torch\.nn\.modules\.linear/,
    );
    const pickleOf = (call: string) =>
      zipSync({
        'a/data.pkl': Uint8Array.from([
          0x80,
          2,
          ...Buffer.from(`c${call}\n`),
          0x55,
          1,
          0x78,
          0x85,
          0x52,
          0x2e,
        ]),
      });
    for (const call of ['os\nsystem', 'posix\nsystem', 'builtins\neval', 'subprocess\nPopen']) {
      const [module, name] = call.split('\n');
      assert.throws(
        () => decodePytorchCheckpoint(pickleOf(call)),
        new RegExp(`it calls ${module}\\.${name}, which no weights need`),
      );
    }
    assert.throws(
      () => decodePytorchCheckpoint(pickleOf('somewhere\nelse')),
      /got an object of somewhere\.else/,
    );
  });

  test('of several dictionaries takes the largest, or the one with a usual name', () => {
    const load = (content: string) =>
      decodePytorchCheckpoint(
        zipSync({
          'a/data.pkl': Buffer.from(`\u0080\u0002${content}.`, 'latin1'),
          'a/data/0': new Uint8Array(4),
        }),
      );
    const [one, two] = [dictionary({ w: TENSOR }), dictionary({ x: TENSOR, y: TENSOR })];
    assert.deepEqual(Object.keys(load(dictionary({ state_dict: one, ema: two }))), ['x', 'y']);
    assert.deepEqual(Object.keys(load(dictionary({ ema: dictionary({ v: TENSOR }), model: one }))), ['w']);
    assert.deepEqual(Object.keys(load(dictionary({ step: 'I5\n', inner: dictionary({ net: one }) }))), ['w']);
    assert.throws(
      () => load(dictionary({ a: one, b: one.replace('w', 'v') })),
      /expected a state_dict, .* got a and b/,
    );
  });

  test('refuses every truncation with a readable error', async () => {
    for (const name of ['legacy.pth', 'zip.pth']) {
      const bytes = await readFixture(name);
      for (let length = 0; length < bytes.length; length += 7) {
        assert.throws(
          () => decodePytorchCheckpoint(bytes.subarray(0, length)),
          FormatError,
          `${name} ${length}`,
        );
      }
    }
  });

  test('refuses files of other kinds', () => {
    assert.throws(() => decodePytorchCheckpoint(new Uint8Array(0)), /not a PyTorch checkpoint/);
    assert.throws(() => decodePytorchCheckpoint(Buffer.from('GIF89a')), /not a PyTorch checkpoint/);
    assert.throws(() => decodePytorchCheckpoint(zipSync({ 'a.txt': new Uint8Array(3) })), /no data\.pkl/);
    assert.throws(() => decodePytorchCheckpoint(Buffer.from([0x80, 2, 0x4b, 1, 0x2e])), /magic number/);
  });
});
