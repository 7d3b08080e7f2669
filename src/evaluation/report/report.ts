/** What a report says, before it takes a form: sections of text, tables, plots and pictures. */
import type { Environment } from './environment.js';

/** One cell of a table. */
export interface Cell {
  readonly text: string;
  /** The best of its column. */
  readonly isBest?: boolean;
  /** Smaller, after the text: an interval for instance. */
  readonly detail?: string;
}

/** A picture in a file format that browsers show. */
export interface Picture {
  readonly caption: string;
  readonly bytes: Uint8Array;
  readonly type: 'image/webp' | 'image/png';
}

/** A piece of a report. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly caption: string;
      readonly head: readonly string[];
      readonly rows: readonly (readonly Cell[])[];
    }
  | { readonly kind: 'plot'; readonly caption: string; readonly svg: string }
  | { readonly kind: 'pictures'; readonly caption: string; readonly pictures: readonly Picture[] }
  | { readonly kind: 'record'; readonly caption: string; readonly value: unknown };

/** A titled part. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A whole report. */
export interface Report {
  readonly title: string;
  readonly summary: string;
  readonly sections: readonly Section[];
}

/** What belongs to a report beside its figures. */
export interface ReportContext {
  readonly title: string;
  readonly environment: Environment;
  /** Seconds of the whole command. */
  readonly seconds: number;
  /** Largest memory of the process, MiB. */
  readonly peakMemory: number;
  /** Examples; none where pictures must not be passed on. */
  readonly pictures: readonly Picture[];
  /** What the examples show. */
  readonly pictureCaption: string;
}

/** The examples as a block, if there are any. */
export function pictureBlocks({ pictures, pictureCaption }: ReportContext): Block[] {
  return pictures.length === 0 ? [] : [{ kind: 'pictures', caption: pictureCaption, pictures }];
}

/** A number with so many digits after the point, a dash where there is none. */
export function formatFigure(value: number | undefined, digits = 3): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}
