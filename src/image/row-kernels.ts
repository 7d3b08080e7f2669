/**
 * Loops over rows of floats, four at a time: what is computed at each place is written as a term, and terms are
 * assembled into WebAssembly, whose instructions for four numbers at once JavaScript does not have.
 */

/** A number at each place of a row. */
export type Term =
  | { readonly kind: 'read'; readonly row: number; readonly dx: number }
  | { readonly kind: 'given'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'both'; readonly code: number; readonly a: Term; readonly b: Term };

/** Places before and behind that a term may read. */
export const MAX_REACH = 8;

/** The number of a row handed in, `dx` places further on, at most `MAX_REACH` either way. */
export const read = (row: number, dx = 0): Term => ({ kind: 'read', row, dx });
/** A number that is handed in with each call. */
export const given = (index: number): Term => ({ kind: 'given', index });

const constants = new Map<number, Term>();
/** One term for equal numbers. */
function constant(value: number): Term {
  const term = constants.get(value) ?? { kind: 'constant', value };
  constants.set(value, term);
  return term;
}
const both =
  (code: number) =>
  (a: Term, b: Term | number): Term => ({
    kind: 'both',
    code,
    a,
    b: typeof b === 'number' ? constant(b) : b,
  });

export const plus = both(0xe4);
export const minus = both(0xe5);
export const times = both(0xe6);
export const over = both(0xe7);
/** The larger of two numbers that are none of them NaN. */
export const larger = both(0xeb);
/** All bits set where `a` is greater than `b`, none elsewhere: for `where`. */
export const above = both(0x44);
/** A number where the bits of the other are set, 0 elsewhere. */
export const where = both(0x4e);

/** What is computed from rows: a term for each row that is written. */
export interface Kernel {
  readonly rows: number;
  readonly given: number;
  readonly results: readonly Term[];
}

/** @param rows read. @param given numbers handed in with each call. */
export const kernel = (rows: number, results: readonly Term[], given = 0): Kernel => ({
  rows,
  given,
  results,
});

/**
 * Runs a kernel. Its arguments: the bytes at which the rows start that it reads, then those that it writes, the
 * given numbers, and how many places, > 0: up to `STEP` - 1 more are written.
 */
export type RowFunction = (...numbers: number[]) => void;

/** WebAssembly's numbers of types and instructions; those behind the prefix `SIMD` are about four floats. */
const [I32, F32, V128, NOTHING] = [0x7f, 0x7d, 0x7b, 0x40];
const [LOOP, END, BRANCH_IF, I32_GREATER, I32_ADD, I32_SUBTRACT] = [0x03, 0x0b, 0x0d, 0x4a, 0x6a, 0x6b];
const [LOCAL_GET, LOCAL_SET, LOCAL_TEE, I32_CONST, F32_CONST, SIMD] = [0x20, 0x21, 0x22, 0x41, 0x43, 0xfd];
const [LOAD, SPLAT, STORE] = [0x00, 0x13, 0x0b];
/** Of addresses: that they are multiples of four bytes. */
const ALIGNED = 2;

const LANES = 4;
/** Places of a row that are computed at a time. */
export const STEP = 8;
const BYTES = 4;
const PAGE = 65536;

/** A number in as few bytes as it needs, seven bits in each (LEB128). */
function whole(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...whole(value >>> 7)];
}
const sized = (bytes: readonly number[]) => [...whole(bytes.length), ...bytes];
const list = (items: readonly (readonly number[])[]) => [...whole(items.length), ...items.flat()];
const text = (value: string) => sized([...new TextEncoder().encode(value)]);
const section = (id: number, items: readonly (readonly number[])[]) => [id, ...sized(list(items))];

/** Instructions. */
const simd = (code: number) => [SIMD, ...whole(code)];
const get = (local: number) => [LOCAL_GET, ...whole(local)];
/** A whole number from -64 to 63, whose seven bits are signed. */
const small = (value: number) => [I32_CONST, value & 127];
const float = (value: number) => [F32_CONST, ...new Uint8Array(Float32Array.of(value).buffer)];
const move = (local: number, bytes: number) => [
  ...[...get(local), ...small(bytes), I32_ADD],
  ...[LOCAL_SET, ...whole(local)],
];

/** How often each term of some is used. */
function countUses(terms: readonly Term[], uses = new Map<Term, number>()): ReadonlyMap<Term, number> {
  for (const term of terms) {
    const before = uses.get(term) ?? 0;
    uses.set(term, before + 1);
    if (before === 0 && term.kind === 'both') countUses([term.a, term.b], uses);
  }
  return uses;
}

/** The body of a kernel's function: a loop, in front of which the numbers stand that are the same at all places. */
function assemble({ rows, results, given }: Kernel): number[] {
  const uses = countUses(results);
  const addresses = [...Array(rows + results.length).keys()];
  const left = addresses.length + given;
  const steady = [...uses.keys()].filter(({ kind }) => kind === 'given' || kind === 'constant');
  const locals = new Map(steady.map((term, n) => [term, left + 1 + n]));

  const fresh = (term: Term, step: number): number[] => {
    switch (term.kind) {
      case 'constant':
        return [...float(term.value), ...simd(SPLAT)];
      case 'given':
        return [...get(addresses.length + term.index), ...simd(SPLAT)];
      case 'read':
        return [...get(term.row), ...simd(LOAD), ALIGNED, ...whole(BYTES * (MAX_REACH + term.dx + step))];
      case 'both':
        return [...value(term.a, step), ...value(term.b, step), ...simd(term.code)];
    }
  };
  /** A term that is used again is kept until the next step. */
  const value = (term: Term, step: number): number[] => {
    const local = locals.get(term);
    if (local !== undefined) return get(local);
    const code = fresh(term, step);
    if (uses.get(term) === 1) return code;
    locals.set(term, left + 1 + locals.size);
    return [...code, LOCAL_TEE, ...whole(left + locals.size)];
  };
  const write = (term: Term, n: number, step: number) => [
    ...[...get(rows + n), ...value(term, step)],
    ...[...simd(STORE), ALIGNED, ...whole(BYTES * step)],
  ];
  const steps = Array.from({ length: STEP / LANES }, (_, n) => {
    for (const term of uses.keys()) if (!steady.includes(term)) locals.delete(term);
    return results.flatMap((term, result) => write(term, result, LANES * n));
  });
  return [
    ...list([[...whole(locals.size), V128]]),
    ...steady.flatMap((term) => [...fresh(term, 0), LOCAL_SET, ...whole(locals.get(term)!)]),
    ...addresses.slice(0, rows).flatMap((local) => move(local, -BYTES * MAX_REACH)),
    ...[LOOP, NOTHING, ...steps.flat()],
    ...addresses.flatMap((local) => move(local, BYTES * STEP)),
    ...[...get(left), ...small(STEP), I32_SUBTRACT, LOCAL_TEE, ...whole(left)],
    ...[...small(0), I32_GREATER, BRANCH_IF, 0],
    ...[END, END],
  ];
}

/** Kernels as functions over a memory. */
function assembleAll<Name extends string>(
  kernels: Readonly<Record<Name, Kernel>>,
  memory: WebAssembly.Memory,
): Readonly<Record<Name, RowFunction>> {
  const all = Object.entries<Kernel>(kernels);
  const parameters = ({ rows, results, given }: Kernel) => [
    ...Array(rows + results.length).fill(I32),
    ...Array(given).fill(F32),
    I32,
  ];
  const module = Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(
      1,
      all.map(([, kernel]) => [0x60, ...sized(parameters(kernel)), 0x00]),
    ),
    ...section(2, [[...text('rows'), ...text('memory'), 0x02, 0x00, 0x01]]),
    ...section(
      3,
      all.map((_, n) => whole(n)),
    ),
    ...section(
      7,
      all.map(([name], n) => [...text(name), 0x00, ...whole(n)]),
    ),
    ...section(
      10,
      all.map(([, kernel]) => sized(assemble(kernel))),
    ),
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), { rows: { memory } });
  return exports as Readonly<Record<Name, RowFunction>>;
}

/** Kernels and the memory that their rows are in. */
export interface RowProgram<Name extends string> {
  readonly run: Readonly<Record<Name, RowFunction>>;
  /** Its numbers; those of before are no longer there once it had to grow. @param bytes that there are at least. */
  numbers(bytes: number): Float32Array;
}

/** Assembles kernels the first time that it is called. */
export function rowProgram<Name extends string>(
  kernels: Readonly<Record<Name, Kernel>>,
): () => RowProgram<Name> {
  let program: RowProgram<Name> | undefined;
  return () => {
    if (program) return program;
    const memory = new WebAssembly.Memory({ initial: 1 });
    const numbers = (bytes: number) => {
      const missing = bytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
      return new Float32Array(memory.buffer);
    };
    program = { run: assembleAll(kernels, memory), numbers };
    return program;
  };
}
