/**
 * A computation graph under construction: named inputs, constants, nodes and outputs, each value with
 * its element type and its shape. Operators (operators.ts, convolution.ts) add nodes and infer shapes;
 * differentiate.ts adds the gradients; onnx.ts writes the graph as an ONNX model.
 */

/** A dimension: a number, or a name for one that is known only when the graph runs. */
export type Dim = number | string;

/** Each type of element with ONNX's number for it (`TensorProto.DataType`). */
export const ELEMENT_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

export type Data = Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array;

/** The constructors of such arrays; each realm (a frame's, a test runner's) has its own. */
export type ArrayRealm = Pick<typeof globalThis, Data[typeof Symbol.toStringTag]>;

export type Attribute = number | string | readonly number[] | { readonly float: number };

/** One tensor of a graph. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly Dim[];
}

export interface Node {
  readonly op: string;
  /** '' is ONNX itself, 'com.microsoft' the contributed operators of ONNX Runtime. */
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/**
 * @param outputGradients one for each output; undefined where the loss does not depend on it.
 * @param wanted which inputs need a gradient, so that a costly one that nobody reads is left out.
 */
export type GradientRule = (
  node: Node,
  outputGradients: readonly (Value | undefined)[],
  wanted: readonly boolean[],
) => (Value | undefined)[];

export interface Constant {
  readonly value: Value;
  readonly data: Data;
}

/** The element type of an array, which may be of another realm (a test runner's, a frame's). */
export function elementTypeOf(data: Data): Exclude<ElementType, 'bool'> {
  switch (data[Symbol.toStringTag]) {
    case 'Float32Array':
      return 'float32';
    case 'Int32Array':
      return 'int32';
    case 'BigInt64Array':
      return 'int64';
    case 'Int8Array':
      return 'int8';
    default:
      return 'uint8';
  }
}

/** Builds one computation graph. */
export class Graph {
  readonly name: string;
  readonly inputs: Value[] = [];
  readonly constants: Constant[] = [];
  /** The nodes of the model, in an order in which they can run. */
  readonly nodes: Node[] = [];
  /** What is differentiated: as `nodes`, with one entry in place of the nodes of each composite. */
  readonly tape: Node[] = [];
  readonly outputs: Value[] = [];
  readonly #shared = new Map<string, Value>();
  readonly #names = new Set<string>();
  #serial = 0;
  #compositeDepth = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Declares a tensor that is given at each run. */
  input(name: string, type: ElementType, dims: readonly Dim[]): Value {
    const value = this.#value(name, type, dims);
    this.inputs.push(value);
    return value;
  }

  /** Stores a tensor in the graph: data in row-major order. */
  constant(data: Data, dims: readonly number[], name?: string): Value {
    const size = dims.reduce((product, dim) => product * dim, 1);
    if (size !== data.length) {
      throw new RangeError(`expected ${size} values for a constant of shape [${dims}], got ${data.length}`);
    }
    const value = this.#value(name ?? this.#fresh('constant'), elementTypeOf(data), dims);
    this.constants.push({ value, data });
    return value;
  }

  /** Does the graph hold the value, rather than take or compute it? */
  isConstant(value: Value): boolean {
    return this.constants.some((constant) => constant.value === value);
  }

  /** A float32 scalar; equal numbers share one constant. */
  scalar(number: number): Value {
    return this.#share(`scalar ${number}`, () => this.constant(Float32Array.of(number), []));
  }

  /** A vector of int64, as axes and shapes are given to operators; equal vectors share one constant. */
  integers(numbers: readonly number[]): Value {
    return this.#share(`integers ${numbers}`, () =>
      this.constant(BigInt64Array.from(numbers, BigInt), [numbers.length]),
    );
  }

  /** Adds a node; operators call it with the types and shapes that they have inferred. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly { type: ElementType; dims: readonly Dim[] }[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value[] {
    for (const input of inputs) {
      if (input && input.graph !== this) throw new Error(`${op}: ${input.name} belongs to another graph`);
    }
    return this.#append({
      op,
      domain,
      inputs,
      outputs: outputs.map(({ type, dims }) => this.#value(this.#fresh(op), type, dims)),
      attributes,
    });
  }

  /**
   * Records the nodes that `build` adds as one operation, whose gradient is the rule named `op`: for
   * what several nodes compute but a single rule differentiates better.
   */
  composite(op: string, inputs: readonly Value[], build: () => Value[]): Value[] {
    this.#compositeDepth++;
    let outputs: Value[];
    try {
      outputs = build();
    } finally {
      this.#compositeDepth--;
    }
    const node = { op, domain: '', inputs, outputs, attributes: {} };
    if (this.#compositeDepth === 0) this.tape.push(node);
    return outputs;
  }

  /** Makes `value` a result of each run, under `name`. */
  output(name: string, value: Value): void {
    const outputs = [this.#value(name, value.type, value.dims)];
    this.outputs.push(
      ...this.#append({ op: 'Identity', domain: '', inputs: [value], outputs, attributes: {} }),
    );
  }

  #append(node: Node): Value[] {
    this.nodes.push(node);
    if (this.#compositeDepth === 0) this.tape.push(node);
    return [...node.outputs];
  }

  #share(key: string, make: () => Value): Value {
    const known = this.#shared.get(key);
    if (known) return known;
    const made = make();
    this.#shared.set(key, made);
    return made;
  }

  #fresh(stem: string): string {
    return `${stem}_${++this.#serial}`;
  }

  #value(name: string, type: ElementType, dims: readonly Dim[]): Value {
    if (this.#names.has(name)) throw new Error(`the name ${name} is taken`);
    this.#names.add(name);
    return { graph: this, name, type, dims };
  }
}

/** The shape as numbers; throws where a dimension is known only at run time. */
export function staticDims(value: Value): number[] {
  return value.dims.map((dim) => {
    if (typeof dim === 'number') return dim;
    throw new RangeError(`expected a static shape for ${value.name}, got [${value.dims}]`);
  });
}
