import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FormatError } from '../../src/files/format-error.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/files/safetensors.js';

/** A file put together by hand, byte for byte as the specification says. */
function handMade(header: unknown, data: ArrayLike<number>): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const EXAMPLE = {
  flags: { dims: [3], data: new Uint8Array([1, 0, 255]) },
  weight: { dims: [2, 2], data: new Float32Array([1.5, -2, Number.MIN_VALUE, 1e30]) },
  step: { dims: [], data: new BigInt64Array([-(2n ** 40n)]) },
  indices: { dims: [2], data: new Int32Array([7, -7]) },
  exact: { dims: [1], data: new Float64Array([0.1]) },
  empty: { dims: [0, 4], data: new Float32Array(0) },
};

suite('safetensors', () => {
  test('gives back every tensor and the metadata', () => {
    const metadata = { recipe: 'tiny', note: 'ünïcode "quoted"' };
    const read = decodeSafetensors(encodeSafetensors(EXAMPLE, metadata));
    assert.deepEqual(read.tensors, EXAMPLE);
    assert.deepEqual(read.metadata, metadata);
  });

  test('places every tensor at a multiple of its element size, without holes', () => {
    const bytes = encodeSafetensors(EXAMPLE);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assert.equal(length % 8, 0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const sizes: Record<string, number> = { F64: 8, I64: 8, F32: 4, I32: 4, U8: 1 };
    let end = 0;
    for (const { dtype, data_offsets: offsets } of Object.values<{ dtype: string; data_offsets: number[] }>(
      header,
    )) {
      assert.equal(offsets[0], end);
      assert.equal(offsets[0] % sizes[dtype], 0);
      end = offsets[1];
    }
    assert.equal(8 + length + end, bytes.length);
  });

  test('reads a file made by hand, at any offset of its buffer', () => {
    const file = handMade(
      {
        a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
        b: { dtype: 'U8', shape: [2], data_offsets: [4, 6] },
      },
      [0, 0, 0x80, 0x3f, 9, 8],
    );
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    const { tensors, metadata } = decodeSafetensors(shifted.subarray(3));
    assert.deepEqual(tensors.a, { dims: [1], data: new Float32Array([1]) });
    assert.deepEqual(tensors.b, { dims: [2], data: new Uint8Array([9, 8]) });
    assert.deepEqual(metadata, {});
  });

  test('widens F16 and BF16 exactly', () => {
    // 1, -2, smallest subnormal, largest, -infinity as binary16; 1 and -3 as bfloat16.
    const half = [0x3c00, 0xc000, 0x0001, 0x7bff, 0xfc00];
    const brain = [0x3f80, 0xc040];
    const data = new Uint8Array(new Uint16Array([...half, ...brain]).buffer);
    const header = {
      h: { dtype: 'F16', shape: [5], data_offsets: [0, 10] },
      b: { dtype: 'BF16', shape: [2], data_offsets: [10, 14] },
    };
    const { tensors } = decodeSafetensors(handMade(header, data));
    assert.deepEqual([...tensors.h.data], [1, -2, 2 ** -24, 65504, -Infinity]);
    assert.deepEqual([...tensors.b.data], [1, -3]);
  });

  test('refuses every truncation of a file with a readable error', () => {
    const bytes = encodeSafetensors({ w: { dims: [4], data: new Float32Array(4) } });
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeSafetensors(bytes.subarray(0, length)), FormatError, `length ${length}`);
    }
  });

  test('refuses files of other kinds and headers that lie', () => {
    const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
    const cases: [Uint8Array, RegExp][] = [
      [new TextEncoder().encode('PK\u0003\u0004 a zip file of some length'), /not a safetensors file/],
      [handMade([1, 2], []), /not a safetensors file/],
      [handMade({ w: { ...entry, dtype: 'F4' } }, [0, 0, 0, 0]), /w has element type F4, expected one of/],
      [handMade({ w: { ...entry, shape: [2] } }, [0, 0, 0, 0]), /shape \[2\] of F32 but 4 bytes/],
      [handMade({ w: { ...entry, shape: [-1] } }, [0, 0, 0, 0]), /entry w lacks/],
      [handMade({ w: { ...entry, data_offsets: [4, 0] } }, [0, 0, 0, 0]), /entry w lacks/],
      [handMade({ w: entry }, [0, 0, 0, 0, 0]), /5 bytes of data, its header tells of 4/],
      [handMade({ w: entry, __metadata__: { a: 1 } }, [0, 0, 0, 0]), /__metadata__/],
    ];
    for (const [bytes, message] of cases) assert.throws(() => decodeSafetensors(bytes), message);
  });

  test('refuses to write a tensor whose shape does not fit', () => {
    assert.throws(
      () => encodeSafetensors({ w: { dims: [2, 2], data: new Float32Array(3) } }),
      /w has shape \[2, 2\] but 3 values/,
    );
    assert.throws(
      () => encodeSafetensors({ __metadata__: { dims: [0], data: new Uint8Array(0) } }),
      RangeError,
    );
  });
});
