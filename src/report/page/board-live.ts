import type { BoardData, LiveValue } from '../board-data.ts';

const WORDS = {
  live: 'live',
  lost: 'database connection lost',
  closed: 'not connected',
};

/** Passes on values as they arrive from the program that serves the page, and shows whether they do. */
export function followValues(
  { path, after }: NonNullable<BoardData['live']>,
  status: HTMLElement,
  onValues: (values: readonly LiveValue[]) => void,
): void {
  const source = new EventSource(`${path}?after=${after}`);
  const show = (state: keyof typeof WORDS) => {
    if (status.textContent !== WORDS[state]) {
      status.className = `status ${state === 'live' ? 'running' : 'lost'}`;
      status.replaceChildren(WORDS[state]);
    }
  };
  source.addEventListener('open', () => show('live'));
  source.addEventListener('error', () => show('closed'));
  source.addEventListener('lost', () => show('lost'));
  // What was missed is read anew.
  source.addEventListener('reload', () => location.reload());
  source.addEventListener('values', ({ data }: MessageEvent<string>) => {
    show('live');
    onValues(JSON.parse(data));
  });
}
