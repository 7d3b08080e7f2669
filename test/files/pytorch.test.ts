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

suite('PyTorch checkpoints', () => {
  test('reads a state_dict beside other entries in the zip format', async () => {
    assert.deepEqual(decodePytorchCheckpoint(await readFixture('zip.pth')), EXPECTED);
  });

  test('reads the plain format from before PyTorch 1.6', async () => {
    assert.deepEqual(decodePytorchCheckpoint(await readFixture('legacy.pth')), EXPECTED);
  });

  test('refuses a pickled module and runs nothing of it', async () => {
    const bytes = await readFixture('module.pth');
    assert.throws(
      () => decodePytorchCheckpoint(bytes),
      /Python object \(torch\.nn\.modules\.linear\.Linear\)/,
    );
    const pickle = Uint8Array.from([
      0x80,
      2,
      ...Buffer.from('cos\nsystem\n'),
      0x55,
      1,
      0x78,
      0x85,
      0x52,
      0x2e,
    ]);
    assert.throws(
      () => decodePytorchCheckpoint(zipSync({ 'a/data.pkl': pickle })),
      /Python object \(os\.system\)/,
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
