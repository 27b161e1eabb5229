const MINUTE = 60_000;

/** Formats instants of the years 1 to 9999. Consecutive rows mostly share the minute, which is formatted once. */
export class UtcText {
  #minute = Number.NaN;
  #text = '';

  /**
   * @param milliseconds since 1970
   * @param micro microseconds below the millisecond
   */
  of(milliseconds: number, micro: number): string {
    const minute = Math.floor(milliseconds / MINUTE);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#text = new Date(minute * MINUTE).toISOString().slice(0, 17);
    }
    const rest = milliseconds - minute * MINUTE;
    const second = Math.floor(rest / 1000);
    const fraction = (rest - second * 1000) * 1000 + micro;
    const seconds = second < 10 ? `${this.#text}0${second}` : `${this.#text}${second}`;
    return fraction === 0 ? `${seconds}Z` : `${seconds}.${String(fraction).padStart(6, '0')}Z`;
  }
}
