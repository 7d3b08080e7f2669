import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImageError } from '../../src/image/image-error.js';
import { decodePnm, isPnm } from '../../src/image/pnm.js';

/** A file of a text header and binary pixels. */
function file(header: string, pixels: number[] = []): Uint8Array {
  return Uint8Array.from([...Buffer.from(header, 'latin1'), ...pixels]);
}

test('binary grey and colour, one byte a sample', () => {
  const gray = decodePnm(file('P5\n3 2\n255\n', [1, 2, 3, 4, 5, 255]));
  assert.deepEqual([gray.width, gray.height, gray.channels, gray.maximum], [3, 2, 1, 255]);
  assert.deepEqual(Array.from(gray.samples), [1, 2, 3, 4, 5, 255]);
  const color = decodePnm(file('P6 1 2 100\n', [1, 2, 3, 4, 5, 6]));
  assert.deepEqual([color.width, color.height, color.channels, color.maximum], [1, 2, 3, 100]);
  assert.deepEqual(Array.from(color.samples), [1, 2, 3, 4, 5, 6]);
});

test('binary with two bytes a sample, high byte first', () => {
  const { samples, maximum } = decodePnm(file('P5 2 1 65535 ', [0x01, 0x02, 0xff, 0xfe]));
  assert.deepEqual([...Array.from(samples), maximum], [0x0102, 0xfffe, 65535]);
});

test('text, with comments anywhere and any white space', () => {
  const bytes = file('P2 # grey\n# made by hand\n 2\t2 # size\n15\n0 5\r\n10 # the last\n15\n');
  assert.deepEqual(Array.from(decodePnm(bytes).samples), [0, 5, 10, 15]);
  assert.deepEqual(Array.from(decodePnm(file('P3\n1 1\n255\n1 22 255')).samples), [1, 22, 255]);
});

test('a first pixel that looks like white space or a comment is a pixel', () => {
  assert.deepEqual(Array.from(decodePnm(file('P5\n2 1\n255\n', [0x20, 0x23])).samples), [0x20, 0x23]);
});

test('bytes after the picture are left alone', () => {
  assert.deepEqual(Array.from(decodePnm(file('P5 1 1 255\n', [7, 8, 9])).samples), [7]);
});

test('other files are told apart by their first three bytes', () => {
  assert.ok(isPnm(file('P5\n')) && isPnm(file('P6#')));
  for (const other of ['P7\n', 'Pa\n', 'P55', 'PK\x03\x04', '', 'P']) assert.ok(!isPnm(file(other)), other);
});

test('broken files are refused in one line that names them', () => {
  const cases: [Uint8Array, RegExp][] = [
    [
      file('P5\n4 4\n255\n', [1, 2, 3]),
      /^a.pgm: truncated PGM\/PPM file: expected 16 bytes of pixels, got 3$/,
    ],
    [file('P5\n4 4\n65535\n', new Array(31).fill(0)), /expected 32 bytes of pixels, got 31/],
    [file('P5\n0 4\n255\n'), /no pixels \(0x4\)/],
    [file('P5\n90000 90000\n255\n'), /8100 megapixels, expected at most 200/],
    [file('P5\n99999999999999999999 1\n255\n'), /megapixels/],
    [file('P5\n4 four\n255\n'), /expected the height, but something else stands there/],
    [file('P5\n4'), /expected the height, but the file ends/],
    [file('P5\n4 4\n70000\n'), /largest value from 1 to 65535, got 70000/],
    [file('P5\n4 4\n0\n'), /got 0/],
    [file('P2\n2 1\n9\n4 10'), /a sample is 10, the largest is 9/],
    [file('P5\n2 1\n9\n', [4, 10]), /a sample is 10, the largest is 9/],
    [file('P5\n1 1\n256\n', [1, 1]), /a sample is 257, the largest is 256/],
    [file('P2\n2 2\n255\n1 2 3    '), /expected the sample 4 of 4, but the file ends/],
    [file('P4\n8 1\n', [1]), /bitmaps \(P1, P4\) are not read/],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(
      () => decodePnm(bytes, 'a.pgm'),
      (error) => {
        assert.ok(error instanceof ImageError && error.source === 'a.pgm');
        assert.match(error.message, message);
        assert.ok(!error.message.includes('\n'));
        return true;
      },
    );
  }
});
