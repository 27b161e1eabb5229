import { InvalidInputError } from '../errors.ts';

/** The width of the column. */
const MAX_CHARACTERS = 2048;

/** Replaces user name and password in a URL with `***`. */
export function maskedUrl(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/?#\\]*@/i, '$1***@');
}

/**
 * Returns the URL if the server accepts it for a webhook.
 * @throws InvalidInputError for another scheme, more than 2048 characters, an invalid URL, or one with a password, which
 * every list and log would show
 */
export function checkUrl(url: string): string {
  const shown = maskedUrl(url).slice(0, 100);
  if (!/^https?:\/\//.test(url)) {
    throw new InvalidInputError(`"${shown}" is not a valid webhook URL.`, {
      hint: 'It must start with https:// or http://.',
    });
  }
  if (url.length > MAX_CHARACTERS) {
    throw new InvalidInputError(`The URL is too long: ${url.length} characters, the maximum is ${MAX_CHARACTERS}.`);
  }
  if (/[\s\p{Cc}]/u.test(url) || !URL.canParse(url)) {
    throw new InvalidInputError(`"${shown}" is not a valid URL.`);
  }
  const { username, password } = new URL(url);
  if (username || password) {
    throw new InvalidInputError(`${shown} contains a user name or password.`, {
      hint: 'Remove it: receivers authenticate the sender by its signature. Use --generate-secret.',
    });
  }
  return url;
}

/** Returns why the WebMACS server's HTTP client cannot deliver to a URL that is stored; undefined if it can. */
export function undeliverable(url: string): string | undefined {
  if (!/^https?:\/\//.test(url)) {
    return 'it does not start with http:// or https://';
  }
  if (/[\s\p{Cc}]/u.test(url)) {
    return 'it contains a blank or a control character';
  }
  if (!URL.canParse(url)) {
    return 'its host or port is not valid';
  }
  const [, host = ''] = /^https?:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(url) ?? [];
  // It encodes names by IDNA 2008, which has neither symbols nor emoji, unlike the rules of browsers.
  return /[^\x20-\x7e]/.test(host) && /[^\p{L}\p{M}\p{N}.:-]/u.test(host)
    ? 'its host name has characters that host names cannot have'
    : undefined;
}
