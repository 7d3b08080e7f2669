/**
 * The messages of ONNX files that are written or read here, with the numbers of their fields as onnx.proto of
 * ONNX 1.15 gives them, and their bytes by protobuf's own library. Other fields are skipped in reading.
 */
import protobuf from 'protobufjs/minimal.js';

/** What a field holds. Whole numbers are below 2^53. */
type Kind = 'int' | 'float' | 'text' | 'bytes' | Schema;
/** Its number, what it holds, and whether there may be many. */
type Field = readonly [id: number, kind: Kind, many?: 'many'];
interface Schema {
  readonly [name: string]: Field;
}

interface Plain {
  readonly int: number;
  readonly float: number;
  readonly text: string;
  readonly bytes: Uint8Array;
}
type Held<K> = K extends keyof Plain ? Plain[K] : K extends Schema ? Message<K> : never;
/** A message of a schema. */
export type Message<S extends Schema> = {
  readonly [N in keyof S]?: S[N] extends readonly [number, infer K, 'many']
    ? readonly Held<K>[]
    : Held<S[N][1]>;
};

const DIMENSION = { dimValue: [1, 'int'], dimParam: [2, 'text'] } as const;
const SHAPE = { dim: [1, DIMENSION, 'many'] } as const;
const TENSOR_TYPE = { elemType: [1, 'int'], shape: [2, SHAPE] } as const;
const VALUE_TYPE = { tensorType: [1, TENSOR_TYPE] } as const;
const VALUE = { name: [1, 'text'], type: [2, VALUE_TYPE] } as const;
const TENSOR = {
  dims: [1, 'int', 'many'],
  dataType: [2, 'int'],
  floatData: [4, 'float', 'many'],
  name: [8, 'text'],
  rawData: [9, 'bytes'],
} as const;
const ATTRIBUTE = {
  name: [1, 'text'],
  f: [2, 'float'],
  i: [3, 'int'],
  s: [4, 'bytes'],
  ints: [8, 'int', 'many'],
  type: [20, 'int'],
} as const;
const NODE = {
  input: [1, 'text', 'many'],
  output: [2, 'text', 'many'],
  opType: [4, 'text'],
  attribute: [5, ATTRIBUTE, 'many'],
  domain: [7, 'text'],
} as const;
const GRAPH = {
  node: [1, NODE, 'many'],
  name: [2, 'text'],
  initializer: [5, TENSOR, 'many'],
  input: [11, VALUE, 'many'],
  output: [12, VALUE, 'many'],
} as const;

/** A whole file. */
export const MODEL = {
  irVersion: [1, 'int'],
  producerName: [2, 'text'],
  graph: [7, GRAPH],
  opsetImport: [8, { domain: [1, 'text'], version: [2, 'int'] }, 'many'],
  metadataProps: [14, { key: [1, 'text'], value: [2, 'text'] }, 'many'],
} as const;

export type OnnxTensor = Message<typeof TENSOR>;
export type OnnxValue = Message<typeof VALUE>;
export type OnnxAttribute = Message<typeof ATTRIBUTE>;

/** AttributeProto.AttributeType. */
export const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;
/** TensorProto.DataType. */
export const DATA_TYPE = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  float16: 10,
  double: 11,
} as const;

/** Wire types: how a field's bytes end. */
const [VARINT, DELIMITED, FIXED32] = [0, 2, 5];

/** The bytes of a message. */
export function encodeMessage<S extends Schema>(schema: S, message: Message<S>): Uint8Array {
  return write(protobuf.Writer.create(), schema, message).finish();
}

function write(writer: protobuf.Writer, schema: Schema, message: Message<Schema>): protobuf.Writer {
  for (const [name, [id, kind, many]] of Object.entries(schema)) {
    const value: unknown = message[name];
    if (value === undefined) continue;
    const isPacked = many && (kind === 'int' || kind === 'float');
    if (!many) writeField(writer, id, kind, value);
    else if (!isPacked) for (const one of value as unknown[]) writeField(writer, id, kind, one);
    else if ((value as number[]).length > 0) {
      writer.uint32((id << 3) | DELIMITED).fork();
      for (const one of value as number[]) writeNumber(writer, kind, one);
      writer.ldelim();
    }
  }
  return writer;
}

function writeField(writer: protobuf.Writer, id: number, kind: Kind, value: unknown): void {
  const tag = id << 3;
  if (kind === 'text') writer.uint32(tag | DELIMITED).string(value as string);
  else if (kind === 'bytes') writer.uint32(tag | DELIMITED).bytes(value as Uint8Array);
  else if (typeof kind === 'object') {
    write(writer.uint32(tag | DELIMITED).fork(), kind, value as Message<Schema>).ldelim();
  } else writeNumber(writer.uint32(tag | (kind === 'int' ? VARINT : FIXED32)), kind, value as number);
}

function writeNumber(writer: protobuf.Writer, kind: 'int' | 'float', value: number): void {
  if (kind === 'int') writer.int64(value);
  else writer.float(value);
}

/** The message in bytes. @throws Error where they are cut off or none. */
export function decodeMessage<S extends Schema>(schema: S, bytes: Uint8Array): Message<S> {
  const reader = protobuf.Reader.create(bytes);
  return read(reader, schema, reader.len) as Message<S>;
}

function read(reader: protobuf.Reader, schema: Schema, end: number): Record<string, unknown> {
  const names = new Map(Object.entries(schema).map(([name, [id]]) => [id, name]));
  const message: Record<string, unknown> = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const name = names.get(tag >>> 3);
    if (name === undefined) {
      reader.skipType(tag & 7);
      continue;
    }
    const [, kind, many] = schema[name];
    const values = readValues(reader, kind, tag & 7);
    if (many) {
      message[name] ??= [];
      for (const value of values) (message[name] as unknown[]).push(value);
    } else message[name] = values.at(-1);
  }
  return message;
}

/** One value, or numbers in one piece. */
function readValues(reader: protobuf.Reader, kind: Kind, wire: number): unknown[] {
  const number = () => (kind === 'int' ? Number(reader.int64()) : reader.float());
  if (typeof kind === 'object') {
    const length = reader.uint32();
    return [read(reader, kind, reader.pos + length)];
  }
  if (kind === 'text') return [reader.string()];
  if (kind === 'bytes') return [reader.bytes()];
  if (wire !== DELIMITED) return [number()];
  const end = reader.uint32() + reader.pos;
  const values: number[] = [];
  while (reader.pos < end) values.push(number());
  return values;
}
