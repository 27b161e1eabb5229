/** Elements are made of nodes and text only, so nothing in the data can become markup. */

type Attributes = Record<string, string | number | boolean | undefined>;
type Child = Node | string | number;

const SVG = 'http://www.w3.org/2000/svg';

/** Creates an element. An attribute that is `true` is empty, one that is `false` or `undefined` is left out. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return filled(document.createElement(name), attributes, children);
}

export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  return filled(document.createElementNS(SVG, name) as SVGElementTagNameMap[Name], attributes, children);
}

export function button(label: Child, action: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const created = element('button', { type: 'button', ...attributes }, label);
  created.addEventListener('click', action);
  return created;
}

/** Creates a name of someone's choice, which keeps its direction of writing to itself. */
export function named(name: string, attributes: Attributes = {}): HTMLElement {
  return element('bdi', attributes, name);
}

function filled<E extends Element>(created: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) {
      created.setAttribute(key, value === true ? '' : String(value));
    }
  }
  created.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return created;
}
