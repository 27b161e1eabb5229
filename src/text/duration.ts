/**
 * Formats a duration in its two largest units: `2 h 5 min`; below a minute, in the unit that fits: `1.5 s`, `20 ms`.
 * @param shown formats a count of one of them
 */
export function duration(seconds: number, shown: (count: number) => string = String): string {
  if (seconds < 60) {
    const [value, unit] =
      seconds === 0 || seconds >= 1 ? [seconds, 's'] : seconds >= 1e-3 ? [seconds * 1e3, 'ms'] : [seconds * 1e6, 'µs'];
    return `${Number(value.toPrecision(3))} ${unit}`;
  }
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count], at) => at === 0 || count > 0)
    .map(([count, unit]) => `${shown(count)} ${unit}`)
    .join(' ');
}
