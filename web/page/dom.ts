/** Short ways to find and make elements. */

/** The element that a selector names within `root`. @throws Error where the page's HTML has none. */
export function find<E extends Element = HTMLElement>(root: ParentNode, selector: string): E {
  const found = root.querySelector<E>(selector);
  if (!found) throw new Error(`expected an element ${selector} on the page`);
  return found;
}

/** The element of a view that carries `data-part="name"`. */
export function part<E extends Element = HTMLElement>(root: ParentNode, name: string): E {
  return find<E>(root, `[data-part="${name}"]`);
}

/** A view's button `data-do="name"`, with what it does. */
export function button(root: ParentNode, name: string, action: () => unknown): HTMLButtonElement {
  const found = find<HTMLButtonElement>(root, `[data-do="${name}"]`);
  found.addEventListener('click', () => void action());
  return found;
}

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Shows name and value pairs in a definition list. */
export function showFigures(list: HTMLElement, figures: Readonly<Record<string, string>>): void {
  list.replaceChildren(
    ...Object.entries(figures).map(([name, value]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value)),
    ),
  );
}
