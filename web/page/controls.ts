/** Sliders, checkboxes and menus with their labels. */
import { element } from './dom.js';

/** A control and what it is set to. */
export interface Control<Value> {
  readonly element: HTMLElement;
  value: Value;
  /** The value as an address names it; undefined at the default. */
  readonly text: string | undefined;
  /** Sets the value that a text names, or the default for null and for what names none. */
  take(text: string | null): void;
}

let controls = 0;

export interface SliderOptions {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly value: number;
  /** @default 1 */
  readonly step?: number;
  /** Equal ways of the slider are equal ratios; `step` then counts for nothing. */
  readonly logarithmic?: boolean;
  readonly format?: (value: number) => string;
  readonly onInput: () => void;
}

/** Steps of a logarithmic slider. */
const RATIO_STEPS = 100;

export function slider(options: SliderOptions): Control<number> {
  const { label, min, max, step = 1, logarithmic = false, format = String, onInput } = options;
  const fromPosition = (position: number) =>
    logarithmic ? Number((min * (max / min) ** (position / RATIO_STEPS)).toPrecision(2)) : position;
  const toPosition = (value: number) =>
    logarithmic ? (RATIO_STEPS * Math.log(value / min)) / Math.log(max / min) : value;
  const id = `control-${++controls}`;
  const input = element('input', { id, type: 'range' });
  const limits = logarithmic ? { min: 0, max: RATIO_STEPS, step: 1 } : { min, max, step };
  for (const [name, limit] of Object.entries(limits)) input.setAttribute(name, String(limit));
  const shown = element('output', { htmlFor: id } as unknown as Partial<HTMLOutputElement>);
  let value = options.value;
  const show = () => {
    shown.textContent = format(value);
    input.setAttribute('aria-valuetext', format(value));
  };
  input.value = String(toPosition(value));
  show();
  input.addEventListener('input', () => {
    value = fromPosition(Number(input.value));
    show();
    onInput();
  });
  const name = element('span', { className: 'name' }, element('label', { htmlFor: id }, label), shown);
  const set = (next: number) => {
    value = Math.min(max, Math.max(min, next));
    input.value = String(toPosition(value));
    show();
  };
  return {
    element: element('div', { className: 'field' }, name, input),
    get value() {
      return value;
    },
    set value(next) {
      set(next);
    },
    get text() {
      return value === options.value ? undefined : String(value);
    },
    take(text) {
      const next = Number(text ?? Number.NaN);
      set(Number.isFinite(next) ? next : options.value);
    },
  };
}

export function checkbox(label: string, checked: boolean, onInput: () => void): Control<boolean> {
  const input = element('input', { type: 'checkbox', checked });
  input.addEventListener('input', onInput);
  return {
    element: element('label', { className: 'check' }, input, label),
    get value() {
      return input.checked;
    },
    set value(next) {
      input.checked = next;
    },
    get text() {
      return input.checked === checked ? undefined : String(input.checked);
    },
    take(text) {
      input.checked = text === 'true' || (text !== 'false' && checked);
    },
  };
}

export function menu<Value extends string>(
  label: string,
  choices: Readonly<Record<Value, string>>,
  chosen: Value,
  onInput: () => void,
): Control<Value> {
  const id = `control-${++controls}`;
  const select = element('select', { id });
  for (const [value, text] of Object.entries<string>(choices)) select.append(new Option(text, value));
  select.value = chosen;
  select.addEventListener('input', onInput);
  return {
    element: element('div', { className: 'field' }, element('label', { htmlFor: id }, label), select),
    get value() {
      return select.value as Value;
    },
    set value(next) {
      select.value = next;
    },
    get text() {
      return select.value === chosen ? undefined : select.value;
    },
    take(text) {
      select.value = text !== null && Object.hasOwn(choices, text) ? text : chosen;
    },
  };
}

type Addressed = Readonly<Record<string, Pick<Control<unknown>, 'text' | 'take'>>>;

/** What differs from the defaults, as an address names it. */
export function textsOf(controls: Addressed): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(controls).map(([name, { text }]) => [name, text]));
}

/** Sets controls as an address says. @returns whether any changed. */
export function takeTexts(controls: Addressed, state: URLSearchParams): boolean {
  let changed = false;
  for (const [name, control] of Object.entries(controls)) {
    const before = control.text;
    control.take(state.get(name));
    changed ||= control.text !== before;
  }
  return changed;
}

/** What a set of controls is set to, by their names. */
export function valuesOf<Values extends object>(
  controls: {
    readonly [Name in keyof Values]: Control<Values[Name]>;
  },
): Values {
  const entries = Object.entries<Control<unknown>>(controls).map(([name, { value }]) => [name, value]);
  return Object.fromEntries(entries) as Values;
}
