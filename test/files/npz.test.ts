import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FormatError } from '../../src/files/format-error.js';
import { decodeNpy, decodeNpz, encodeNpy, encodeNpz } from '../../src/files/npz.js';
import { readFixture } from '../formats/fixture.js';

suite('npz', () => {
  test("reads numpy's own file: compressed, float16, bool, a single number, Fortran order", async () => {
    const arrays = decodeNpz(await readFixture('numpy.npz'));
    assert.deepEqual(arrays.transposed, { dims: [3, 2], data: new Float32Array([0, 3, 1, 4, 2, 5]) });
    assert.deepEqual(arrays.half, { dims: [3], data: new Float32Array([1, 2.5, -65504]) });
    assert.deepEqual(arrays.flags, { dims: [2], data: new Uint8Array([1, 0]) });
    assert.deepEqual(arrays.number, { dims: [], data: new Float64Array([0.1]) });
    assert.deepEqual(arrays.indices, { dims: [2, 1], data: new Int32Array([-7, 7]) });
    const counted = BigInt64Array.from({ length: 24 }, (_, i) => BigInt(i));
    assert.deepEqual(arrays.fortran, { dims: [2, 3, 4], data: counted });
  });

  test('writes the header that numpy writes', () => {
    const bytes = encodeNpy({ dims: [2], data: new Float32Array([1, -1]) });
    const header = String.fromCharCode(...bytes.subarray(0, 128));
    assert.equal(bytes.length, 128 + 8);
    assert.ok(
      header.startsWith(
        "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }  ",
      ),
    );
    assert.ok(header.endsWith(' \n'));
    assert.deepEqual([...bytes.subarray(128)], [0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xbf]);
  });

  test('gives back every kind of array, the same bytes every time', () => {
    const arrays = {
      a: { dims: [2, 2], data: new Float32Array([1, 2, 3, 4]) },
      b: { dims: [0, 2], data: new Float64Array(0) },
      c: { dims: [], data: new BigInt64Array([-5n]) },
      'folder/d': { dims: [3], data: new Uint8Array([1, 2, 255]) },
    };
    const bytes = encodeNpz(arrays);
    assert.deepEqual(decodeNpz(bytes), arrays);
    assert.deepEqual(encodeNpz(arrays), bytes);
  });

  test('refuses truncated arrays and other files', () => {
    const bytes = encodeNpy({ dims: [4], data: new Float32Array(4) });
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeNpy(bytes.subarray(0, length)), FormatError, `length ${length}`);
    }
    const complex = new TextDecoder('latin1').decode(bytes).replace('<f4', '<c8');
    assert.throws(() => decodeNpy(Buffer.from(complex, 'latin1')), /element type <c8, expected one of/);
    assert.throws(() => decodeNpz(new TextEncoder().encode('not a zip')), /not a \.npz file/);
  });

  test('a directory that claims billions of files is refused at once', () => {
    const bytes = encodeNpz({ a: { dims: [1], data: new Float32Array([1]) } });
    const end = bytes.length - 22;
    const directory = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end + 16, true);
    // the record of large archives, where it is to be found, and the end as it was
    const large = Buffer.alloc(56);
    large.writeUInt32LE(0x06064b50, 0);
    large.writeUInt32LE(0xffffffff, 32);
    large.writeUInt32LE(directory, 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeUInt32LE(end, 8);
    const lying = Buffer.concat([bytes.subarray(0, end), large, locator, bytes.subarray(end)]);
    const began = performance.now();
    assert.throws(() => decodeNpz(lying), FormatError);
    assert.ok(performance.now() - began < 2000);
  });
});
