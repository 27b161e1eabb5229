type Colours = ReturnType<typeof read>;

/** How many colours series have. */
const SERIES = 8;
const listeners: (() => void)[] = [];
const root = document.documentElement;
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
let current: Colours | undefined;

export function colours(): Colours {
  current ??= read();
  return current;
}

/** The colour of a series; there are eight, then they repeat. */
export function colourOf(number: number): string {
  return colours().series[number % SERIES] ?? colours().text;
}

/** The dashes of a series whose colour another one has. */
export function dashOf(number: number): number[] {
  return [[], [8, 4], [2, 3]][Math.floor(number / SERIES) % 3] ?? [];
}

export function onThemeChange(listener: () => void): void {
  listeners.push(listener);
}

/** Shows the other theme, whatever the system prefers. */
export function toggleTheme(): void {
  setTheme((root.dataset.theme ?? (prefersDark.matches ? 'dark' : 'light')) === 'dark' ? 'light' : 'dark');
}

/** Shows a theme, or the one that the system prefers. */
function setTheme(theme: 'light' | 'dark' | undefined): void {
  if (theme === undefined) {
    delete root.dataset.theme;
  } else {
    root.dataset.theme = theme;
  }
  changed();
}

/** Paper is light. */
export function printLight(): void {
  let before: string | undefined;
  addEventListener('beforeprint', () => {
    before = root.dataset.theme;
    setTheme('light');
  });
  addEventListener('afterprint', () => setTheme(before === 'light' || before === 'dark' ? before : undefined));
  prefersDark.addEventListener('change', changed);
}

function changed(): void {
  current = undefined;
  for (const listener of listeners) {
    listener();
  }
}

/** Reads the colours of the charts, as the style sheet has them for light and dark. */
function read() {
  // Computed, for the style sheet has both in one.
  const probe = document.createElement('i');
  document.body.append(probe);
  const value = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    card: value('card'),
    text: value('text'),
    muted: value('muted'),
    grid: value('grid'),
    gap: value('gap'),
    bad: value('bad'),
    warn: value('warn'),
    mark: value('mark'),
    series: Array.from({ length: SERIES }, (_, number) => value(`series-${number}`)),
  };
  probe.remove();
  return found;
}
