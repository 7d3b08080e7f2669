/** The two 16-bit floating-point formats that weights and features are stored in, widened to 32 bits. */

/** IEEE 754 binary16 (numpy's float16), as raw 16-bit words, to float32; exact. */
export function halfToFloat32(words: Uint16Array): Float32Array {
  const values = new Float32Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    const exponent = (word >> 10) & 0x1f;
    const fraction = word & 0x3ff;
    let magnitude: number;
    if (exponent === 0) magnitude = fraction * 2 ** -24;
    else if (exponent === 0x1f) magnitude = fraction === 0 ? Infinity : NaN;
    else magnitude = (1024 + fraction) * 2 ** (exponent - 25);
    values[i] = word & 0x8000 ? -magnitude : magnitude;
  }
  return values;
}

/** bfloat16, as raw 16-bit words (the upper half of a float32), to float32; exact. */
export function bfloat16ToFloat32(words: Uint16Array): Float32Array {
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = words[i] << 16;
  return new Float32Array(bits.buffer);
}
