import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ImageError, readColorImage, readImage } from '../../src/image/codec.js';
import { assertClose } from '../assert-close.js';
import { type TiffSettings, tiffFile } from './tiff-file.js';

type Sample = Omit<TiffSettings, 'width' | 'height'>;

/** A row of pixels as a TIFF file. */
function row({ channels = 1, ...settings }: Sample): Uint8Array {
  return tiffFile({ ...settings, channels, width: settings.values.length / channels, height: 1 });
}

async function refusal(bytes: Uint8Array, options = {}): Promise<string> {
  const error = await readImage(bytes, options).catch((cause: unknown) => cause);
  assert.ok(error instanceof ImageError, `expected an ImageError, got ${JSON.stringify(error)}`);
  assert.ok(!error.message.includes('\n'), 'one line');
  return error.message;
}

const ramp = (length: number) => Array.from({ length }, (_, i) => i);
/** Reds 0 to 65535, no green, full blue. */
const palette = (size: number) => [
  ...ramp(size).map((i) => Math.round((65535 * i) / (size - 1))),
  ...new Array(size).fill(0),
  ...new Array(size).fill(65535),
];

suite('sample formats of TIFF that are read', () => {
  const cases: [name: string, sample: Sample, expected: number[]][] = [
    ['1 bit', { values: [0, 1, 1, 0], bits: 1 }, [0, 1, 1, 0]],
    ['1 bit, white is zero', { values: [0, 1, 1, 0], bits: 1, photometric: 0 }, [1, 0, 0, 1]],
    ['2 bits', { values: [0, 1, 2, 3], bits: 2 }, [0, 1 / 3, 2 / 3, 1]],
    ['4 bits', { values: [0, 3, 5, 15], bits: 4 }, [0, 0.2, 1 / 3, 1]],
    ['4 bits, white is zero', { values: [0, 3, 5, 15], bits: 4, photometric: 0 }, [1, 0.8, 2 / 3, 0]],
    ['8 bits', { values: [0, 51, 255], bits: 8 }, [0, 0.2, 1]],
    ['8 bits, white is zero', { values: [0, 51, 255], bits: 8, photometric: 0 }, [1, 0.8, 0]],
    ['8 bits, signed', { values: [0, 32, 127], bits: 8, format: 2 }, [0, 32 / 127, 1]],
    ['8 bits, untyped', { values: [0, 51, 255], bits: 8, format: 4 }, [0, 0.2, 1]],
    ['16 bits', { values: [0, 1000, 65535], bits: 16 }, [0, 1000 / 65535, 1]],
    [
      '16 bits, high byte first',
      { values: [0, 1000, 65535], bits: 16, bigEndian: true },
      [0, 1000 / 65535, 1],
    ],
    ['16 bits, white is zero', { values: [0, 1000, 65535], bits: 16, photometric: 0 }, [1, 64535 / 65535, 0]],
    ['16 bits, signed', { values: [0, 1000, 32767], bits: 16, format: 2 }, [0, 1000 / 32767, 1]],
    ['32 bits', { values: [0, 2 ** 31, 2 ** 32 - 1], bits: 32 }, [0, 0.5, 1]],
    ['32 bits, white is zero', { values: [0, 2 ** 31, 2 ** 32 - 1], bits: 32, photometric: 0 }, [1, 0.5, 0]],
    ['32 bits, signed', { values: [0, 2 ** 30, 2 ** 31 - 1], bits: 32, format: 2 }, [0, 0.5, 1]],
    ['floats', { values: [0, 0.25, 1], bits: 32, format: 3 }, [0, 0.25, 1]],
    ['floats, high byte first', { values: [0, 0.25, 1], bits: 32, format: 3, bigEndian: true }, [0, 0.25, 1]],
    [
      'floats that overshoot a little',
      { values: [-0.005, 0.25, 1.005], bits: 32, format: 3 },
      [-0.005, 0.25, 1.005],
    ],
    ['RGB, 8 bits', { values: [255, 0, 0, 0, 255, 0], channels: 3, photometric: 2 }, [0.299, 0.587]],
    [
      'RGB, 16 bits',
      { values: [65535, 0, 0, 0, 65535, 0], bits: 16, channels: 3, photometric: 2 },
      [0.299, 0.587],
    ],
    [
      'RGB, signed',
      { values: [32767, 0, 0, 0, 32767, 0], bits: 16, format: 2, channels: 3, photometric: 2 },
      [0.299, 0.587],
    ],
    [
      'RGB, floats',
      { values: [1, 0, 0, 0, 0.5, 0], bits: 32, format: 3, channels: 3, photometric: 2 },
      [0.299, 0.2935],
    ],
    [
      'RGB, 32 bits',
      { values: [2 ** 32 - 1, 0, 0, 0, 2 ** 31, 0], bits: 32, channels: 3, photometric: 2 },
      [0.299, 0.2935],
    ],
    ['palette of 2', { values: [0, 1], bits: 1, photometric: 3, palette: palette(2) }, [0.114, 0.413]],
    ['palette of 16', { values: [0, 15], bits: 4, photometric: 3, palette: palette(16) }, [0.114, 0.413]],
    ['palette of 256', { values: [0, 255], photometric: 3, palette: palette(256) }, [0.114, 0.413]],
    ['grey and alpha', { values: [51, 255, 51, 0], channels: 2, extra: 2 }, [0.2, 1]],
    [
      'grey and a channel of unknown meaning',
      { values: [51, 255, 51, 0], channels: 2, extra: 0 },
      [0.2, 0.2],
    ],
    ['L*a*b*, 16 bits', { values: [65535, 0, 0, 0, 0, 0], bits: 16, channels: 3, photometric: 8 }, [1, 0]],
  ];
  for (const [name, sample, expected] of cases) {
    test(name, async () => assertClose((await readImage(row(sample))).data, expected, 1e-6));
  }

  test('ink: none is white, black ink is nearly black', async () => {
    const { data } = await readImage(
      row({ values: [0, 0, 0, 0, 0, 0, 0, 255], channels: 4, photometric: 5 }),
    );
    assert.ok(data[0] > 0.99 && data[1] < 0.1);
  });

  test('signed 16 bits and floats turn by their orientation, and keep their colours', async () => {
    const values = [0, 16384, 32767];
    const image = await readImage(
      tiffFile({ values, width: 3, height: 1, bits: 16, format: 2, orientation: 6 }),
    );
    assert.deepEqual([image.width, image.height], [1, 3]);
    assertClose(
      image.data,
      values.map((value) => value / 32767),
      1e-6,
    );
    const color = await readColorImage(
      row({ values: [1, 0, 0.5], bits: 32, format: 3, channels: 3, photometric: 2 }),
    );
    assert.deepEqual(Array.from(color.data), [255, 0, 128, 255]);
  });
});

suite('sample formats of TIFF that are refused', () => {
  const cases: [sample: Sample, name: string][] = [
    [{ values: [0, 0.5], bits: 64, format: 3 }, '64-bit float grey'],
    [{ values: [0, 1], bits: 64 }, '64-bit unsigned grey'],
    [{ values: [0, 1], bits: 64, format: 2 }, '64-bit signed grey'],
    [{ values: [0, 0x3c00], bits: 16, format: 3 }, '16-bit float grey'],
    [{ values: [0, 1], bits: 24 }, '24-bit unsigned grey'],
    [{ values: [0, 4095], bits: 12 }, '12-bit unsigned grey'],
    [{ values: [0, 1], bits: 32, format: 5 }, '32-bit complex integer grey'],
    [{ values: [0, 1], bits: 64, format: 6 }, '64-bit complex float grey'],
    [{ values: [0, 1], bits: 16, format: 2, photometric: 0 }, '16-bit signed white-is-zero grey'],
    [{ values: [0, 1], bits: 32, format: 3, photometric: 0 }, '32-bit float white-is-zero grey'],
    [{ values: [0, 1], photometric: 3 }, '8-bit unsigned palette'],
    [{ values: [0, 1], bits: 16, photometric: 3, palette: [1] }, '16-bit unsigned palette'],
    [{ values: [1, 0, 0], bits: 4, channels: 3, photometric: 2 }, '4-bit unsigned RGB'],
    [{ values: [1, 0, 0], bits: 64, format: 3, channels: 3, photometric: 2 }, '64-bit float RGB'],
    [{ values: [1, 2, 3], channels: 3, photometric: 9 }, '8-bit unsigned ICC L*a*b*'],
    [{ values: [1, 2], photometric: 32803 }, '8-bit unsigned colour filter array'],
    [{ values: [1, 2], photometric: 99 }, '8-bit unsigned photometric 99'],
    [{ values: [1, 2, 3], channels: 3, extra: 0 }, '8-bit unsigned grey with 2 further channels'],
    [
      { values: [0.5, 1], bits: 32, format: 3, channels: 2, extra: 2 },
      '32-bit float grey with 1 further channel',
    ],
  ];
  for (const [sample, name] of cases) {
    test(name, async () => {
      assert.equal(
        await refusal(row(sample)),
        `image: TIFF of ${name} samples cannot be read here; convert it to JPEG or PNG`,
      );
    });
  }
});

suite('numbers on a scale of their own', () => {
  const cases: [sample: Sample, message: RegExp, stretched: number[]][] = [
    [
      { values: [0, 127.5, 255], bits: 32, format: 3 },
      /values from 0 to 255, expected 0 \(black\) to 1/,
      [0, 0.5, 1],
    ],
    [{ values: [-1, 0, 1], bits: 32, format: 3 }, /values from -1 to 1, expected 0/, [0, 0.5, 1]],
    [{ values: [Number.NaN, 0, 0.5], bits: 32, format: 3 }, /no finite numbers, expected 0/, [0, 0, 1]],
    [
      { values: [-1000, 0, 1000], bits: 16, format: 2 },
      /values from -1000 to 1000, expected 0 .* to 32767/,
      [0, 0.5, 1],
    ],
    [{ values: [-2, 0, 2], bits: 8, format: 2 }, /values from -2 to 2, expected 0 .* to 127/, [0, 0.5, 1]],
    [
      { values: [0, 50, 100], bits: 16, format: 2 },
      /values from 0 to 100, expected 0 .* to 32767/,
      [0, 0.5, 1],
    ],
    [
      { values: [0, 2048, 4096], bits: 32 },
      /values from 0 to 4096, expected 0 .* to 4294967295/,
      [0, 0.5, 1],
    ],
  ];
  for (const [sample, message, stretched] of cases) {
    test(`${message.source} are refused, and taken when they are stretched`, async () => {
      assert.match(await refusal(row(sample)), message);
      assertClose((await readImage(row(sample), { stretch: true })).data, stretched, 1e-6);
    });
  }

  test('an even picture is even, whatever its format', async () => {
    assertClose(
      (await readImage(row({ values: [7, 7], bits: 16, format: 2 }))).data,
      [7 / 32767, 7 / 32767],
      1e-9,
    );
  });
});
