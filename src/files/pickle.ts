/**
 * A reader of Python pickles that builds plain data only: numbers, texts, tuples, lists and dictionaries.
 * Nothing of the file is executed: of a call of a named Python object the caller's `call` makes what it
 * knows, and whatever else a program pickled stays a name with its entries.
 */
import { FormatError } from './format-error.js';

/** What the owner of the pickle makes of its references to Python. */
export interface PickleHooks {
  /** The value of calling the Python object `name` with positional arguments; undefined where it is not known. */
  readonly call: (name: string, values: readonly unknown[]) => unknown;
  /** The value that stands for a persistent id. */
  readonly persistent: (id: unknown) => unknown;
}

/** A Python object that nobody builds: the class or function that it is or comes from, and its entries. */
export class PythonObject {
  readonly name: string;
  /** What the file would put into it, were it a dictionary. */
  readonly items = new Map<unknown, unknown>();

  constructor(name: string) {
    this.name = name;
  }
}

/** Functions that run programs or reach the disk. A checkpoint that calls one means harm. */
const DANGEROUS_MODULES =
  'os posix nt subprocess sys shutil socket pty runpy importlib ctypes webbrowser pickle _pickle'.split(' ');
const DANGEROUS_BUILTINS = 'eval exec compile open __import__ breakpoint input'.split(' ');

function isDangerous(name: string): boolean {
  const [module, ...rest] = name.split('.');
  const isBuiltin = module === 'builtins' || module === '__builtin__';
  return isBuiltin ? DANGEROUS_BUILTINS.includes(rest[0]) : DANGEROUS_MODULES.includes(module);
}

const MARK = Symbol('mark');
const STOP = 0x2e;

/** Reads pickles that stand one after the other in `bytes`; dictionaries come as Map, tuples as arrays. */
export class PickleReader {
  /** Where the next pickle begins. */
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #hooks: PickleHooks;
  #stack: unknown[] = [];
  #memo = new Map<number, unknown>();
  /** What each instruction does, by its code; the names are those of Python's pickletools. */
  readonly #instructions: Readonly<Record<number, () => void>> = {
    // framing, constants, numbers and texts
    128: () => this.#take(1), // PROTO
    149: () => this.#take(8), // FRAME
    78: () => this.#push(null), // NONE
    136: () => this.#push(true), // NEWTRUE
    137: () => this.#push(false), // NEWFALSE
    73: () => this.#push(integerOf(this.#line())), // INT
    76: () => this.#push(integerOf(this.#line())), // LONG
    75: () => this.#push(this.#number(1)), // BININT1
    77: () => this.#push(this.#number(2)), // BININT2
    74: () => this.#push(this.#number(4) | 0), // BININT
    138: () => this.#push(this.#longInteger(this.#number(1))), // LONG1
    139: () => this.#push(this.#longInteger(this.#number(4))), // LONG4
    70: () => this.#push(Number(this.#line())), // FLOAT
    71: () => this.#push(this.#view.getFloat64(this.#take(8))), // BINFLOAT
    83: () => this.#push(this.#line().slice(1, -1)), // STRING, in quotes
    86: () => this.#push(this.#line()), // UNICODE
    84: () => this.#push(this.#text(this.#number(4))), // BINSTRING
    85: () => this.#push(this.#text(this.#number(1))), // SHORT_BINSTRING
    88: () => this.#push(this.#text(this.#number(4))), // BINUNICODE
    140: () => this.#push(this.#text(this.#number(1))), // SHORT_BINUNICODE
    141: () => this.#push(this.#text(this.#wide())), // BINUNICODE8
    66: () => this.#push(this.#bytesOf(this.#number(4))), // BINBYTES
    67: () => this.#push(this.#bytesOf(this.#number(1))), // SHORT_BINBYTES
    142: () => this.#push(this.#bytesOf(this.#wide())), // BINBYTES8
    150: () => this.#push(this.#bytesOf(this.#wide())), // BYTEARRAY8
    // tuples, lists, sets and dictionaries
    40: () => this.#push(MARK), // MARK
    41: () => this.#push([]), // EMPTY_TUPLE
    93: () => this.#push([]), // EMPTY_LIST
    125: () => this.#push(new Map()), // EMPTY_DICT
    143: () => this.#push([]), // EMPTY_SET
    116: () => this.#push(this.#popToMark()), // TUPLE
    108: () => this.#push(this.#popToMark()), // LIST
    145: () => this.#push(this.#popToMark()), // FROZENSET
    100: () => this.#dictionary(this.#popToMark()), // DICT
    133: () => this.#push(this.#popMany(1)), // TUPLE1
    134: () => this.#push(this.#popMany(2)), // TUPLE2
    135: () => this.#push(this.#popMany(3)), // TUPLE3
    97: () => this.#append([this.#pop()]), // APPEND
    101: () => this.#append(this.#popToMark()), // APPENDS
    144: () => this.#append(this.#popToMark()), // ADDITEMS
    115: () => this.#setItems(this.#popMany(2)), // SETITEM
    117: () => this.#setItems(this.#popToMark()), // SETITEMS
    // values used again or not at all
    48: () => this.#pop(), // POP
    49: () => this.#popToMark(), // POP_MARK
    50: () => this.#push(this.#stack.at(-1)), // DUP
    112: () => this.#remember(Number(this.#line())), // PUT
    103: () => this.#recall(Number(this.#line())), // GET
    113: () => this.#remember(this.#number(1)), // BINPUT
    114: () => this.#remember(this.#number(4)), // LONG_BINPUT
    148: () => this.#remember(this.#memo.size), // MEMOIZE
    104: () => this.#recall(this.#number(1)), // BINGET
    106: () => this.#recall(this.#number(4)), // LONG_BINGET
    // references to Python
    99: () => this.#push(new PythonObject(`${this.#line()}.${this.#line()}`)), // GLOBAL
    147: () => this.#push(new PythonObject(this.#popMany(2).join('.'))), // STACK_GLOBAL
    82: () => this.#call(2), // REDUCE
    129: () => this.#call(2), // NEWOBJ
    146: () => this.#call(3), // NEWOBJ_EX
    105: () => this.#instance(`${this.#line()}.${this.#line()}`, this.#popToMark()), // INST
    111: () => this.#object(this.#popToMark()), // OBJ
    81: () => this.#push(this.#hooks.persistent(this.#pop())), // BINPERSID
    98: () => this.#pop(), // BUILD: attributes, such as a state_dict's _metadata, are not needed
  };

  constructor(bytes: Uint8Array, hooks: PickleHooks) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#hooks = hooks;
  }

  /**
   * The next pickle's value.
   *
   * @throws FormatError when it is truncated or needs more than this reader knows.
   */
  read(): unknown {
    this.#stack = [];
    this.#memo = new Map();
    for (;;) {
      const code = this.#number(1);
      if (code === STOP) return this.#pop();
      const instruction = this.#instructions[code];
      if (!instruction) {
        throw new FormatError(
          `the pickle uses the instruction 0x${code.toString(16)}, which is not supported`,
        );
      }
      instruction();
    }
  }

  #push(value: unknown): void {
    this.#stack.push(value);
  }

  #pop(): unknown {
    if (this.#stack.length === 0) throw broken('a value is missing');
    return this.#stack.pop();
  }

  #popMany(count: number): unknown[] {
    if (this.#stack.length < count) throw broken('a value is missing');
    return this.#stack.splice(-count);
  }

  #popToMark(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw broken('a mark is missing');
    return this.#stack.splice(mark).slice(1);
  }

  /** Of the topmost values the called object, its arguments and perhaps named ones. */
  #call(operands: 2 | 3): void {
    const [called, values] = this.#popMany(operands);
    if (!Array.isArray(values) || !(called instanceof PythonObject)) throw broken('a call without a name');
    this.#instance(called.name, values);
  }

  #object([called, ...values]: unknown[]): void {
    if (!(called instanceof PythonObject)) throw broken('an object without a class');
    this.#instance(called.name, values);
  }

  #instance(name: string, values: readonly unknown[]): void {
    if (isDangerous(name)) {
      throw new FormatError(`it calls ${name}, which no weights need: other programs would run it`);
    }
    this.#push(this.#hooks.call(name, values) ?? new PythonObject(name));
  }

  #append(items: unknown[]): void {
    const list = this.#stack.at(-1);
    if (list instanceof PythonObject) return;
    if (!Array.isArray(list)) throw broken('items for no list');
    for (const item of items) list.push(item);
  }

  #dictionary(items: unknown[]): void {
    this.#push(new Map());
    this.#setItems(items);
  }

  #setItems(items: unknown[]): void {
    const target = this.#stack.at(-1);
    const dictionary = target instanceof PythonObject ? target.items : target;
    if (!(dictionary instanceof Map) || items.length % 2 !== 0) throw broken('items for no dictionary');
    for (let i = 0; i < items.length; i += 2) dictionary.set(items[i], items[i + 1]);
  }

  #remember(key: number): void {
    this.#memo.set(key, this.#stack.at(-1));
  }

  #recall(key: number): void {
    if (!this.#memo.has(key)) throw broken('a value is used before it is made');
    this.#push(this.#memo.get(key));
  }

  /** Moves on by `length` bytes and tells where they began. */
  #take(length: number): number {
    const start = this.position;
    if (start + length > this.#bytes.length) throw broken('it ends too early');
    this.position += length;
    return start;
  }

  /** An unsigned little-endian number of 1, 2 or 4 bytes. */
  #number(bytes: 1 | 2 | 4): number {
    const start = this.#take(bytes);
    if (bytes === 1) return this.#view.getUint8(start);
    return bytes === 2 ? this.#view.getUint16(start, true) : this.#view.getUint32(start, true);
  }

  /** A little-endian number in two's complement; a bigint where a number would lose digits. */
  #longInteger(length: number): number | bigint {
    const start = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  /** A length in 8 bytes. */
  #wide(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  #bytesOf(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  #text(length: number): string {
    const start = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw broken('a line without end');
    const text = this.#text(end - this.position);
    this.#take(1);
    return text;
  }
}

/** A number in decimal digits, perhaps with Python's L; 00 and 01 are False and True. */
function integerOf(text: string): unknown {
  if (text === '00' || text === '01') return text === '01';
  const digits = text.replace(/L$/, '');
  if (!/^[-+]?\d+$/.test(digits)) throw broken('a number that is none');
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

function broken(reason: string): FormatError {
  return new FormatError(`broken or truncated pickle: ${reason}`);
}
