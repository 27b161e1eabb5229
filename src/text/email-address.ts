import { domainToASCII, domainToUnicode } from 'node:url';
import { InvalidInputError } from '../errors.ts';
import { quoted } from './printable.ts';

const ATOM = "[\\w!#$%&'*+\\-/=?^`{|}~\\u{80}-\\u{10ffff}]+";
const LOCAL_PART = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'u');
const DOMAIN = /^[a-zA-Z\d.\-\u{80}-\u{10ffff}]+$/u;
const ASCII_LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
/** Disallowed by IDNA 2008, although they are letters or marks. */
const NOT_IDNA =
  '\\p{Default_Ignorable_Code_Point}\\u1100-\\u11ff\\ua960-\\ua97f\\ud7b0-\\ud7ff\\u0640\\u07fa\\u302e\\u302f\\u3031-\\u3035\\u303b';
const LABEL = `^(?!-|..--)(?:[a-z\\d\\-]|[[\\p{Ll}\\p{Lo}\\p{Lm}\\p{Nd}\\p{Mn}\\p{Mc}\\u3007]--[${NOT_IDNA}]]|(?<=l)\\u00b7(?=l)|\\u30fb)+(?<!-)$`;
let compiled: { visible: RegExp; label: RegExp } | undefined;
const SPECIAL_USE = ['arpa', 'invalid', 'local', 'localhost', 'onion', 'test'];
const MAX_BYTES = 254;
const MAX_DOMAIN_BYTES = 253;
/** Mailboxes that are the same in upper case, by RFC 2142. */
const ROLES =
  /^(?:info|marketing|sales|support|abuse|noc|security|postmaster|hostmaster|usenet|news|webmaster|www|uucp|ftp)$/i;

/**
 * Returns an e-mail address in the form in which the WebMACS server compares it at log-in: the domain in lower case and in its own
 * script instead of Punycode, the rest in composed characters (NFC). Follows the library email-validator for Python, which
 * the server uses.
 * @param specialUse whether domains that no mail reaches, such as `lab.local`, are accepted; the server refuses them
 * @throws InvalidInputError for an address that the server refuses
 */
export function emailAddress(text: string, { specialUse }: { specialUse: boolean }): string {
  const given = text.trim();
  const at = given.indexOf('@');
  const [local, domain] = [given.slice(0, at), given.slice(at + 1)];
  const refuse = (why: string) =>
    new InvalidInputError(`${quoted(text)} is not a valid e-mail address: ${why}.`, {
      hint: 'The user logs in with it. Use NAME@DOMAIN, such as ada@lab.org.',
    });
  if (at < 1 || domain === '') {
    throw refuse('it has no name or no domain');
  }
  const { visible, label } = patterns();
  const name = local.normalize('NFC');
  if (![local, name].every((part) => LOCAL_PART.test(part) && visible.test(part))) {
    throw refuse('the part before the @ has characters or dots that are not allowed there');
  }
  const ascii = DOMAIN.test(domain) && visible.test(domain) ? domainToASCII(domain) : '';
  const unicode = domainToUnicode(ascii);
  const labels = ascii.split('.');
  if (!labels.every((part) => ASCII_LABEL.test(part)) || !unicode.split('.').every((part) => label.test(part))) {
    throw refuse('the part after the @ is not a valid domain');
  }
  if (labels.length < 2 || !/[a-z]$/.test(ascii)) {
    throw refuse('the part after the @ has no top-level domain');
  }
  const special = SPECIAL_USE.find((domain) => labels.at(-1) === domain);
  if (special && !specialUse) {
    throw refuse(`the WebMACS server accepts no log-in with the special-use domain ".${special}"`);
  }
  const address = `${ROLES.test(name) ? name.toLowerCase() : name}@${unicode}`;
  if (ascii.length > MAX_DOMAIN_BYTES || [given, address, `${name}@${ascii}`].some(isTooLong)) {
    throw refuse(`it is longer than ${MAX_BYTES} bytes`);
  }
  return address;
}

/** Compiled only when needed: the classes of Unicode take longer than a query. */
function patterns(): { visible: RegExp; label: RegExp } {
  compiled ??= {
    // Without blanks, controls, formatting characters and leading accents.
    visible: /^(?!\p{M})[\p{L}\p{N}\p{P}\p{S}\p{M}]+$/u,
    // By IDNA 2008, not in Punycode: letters, digits and their marks, no symbols; the dots of Catalan and Japanese.
    label: new RegExp(LABEL, 'v'),
  };
  return compiled;
}

function isTooLong(address: string): boolean {
  return Buffer.byteLength(address) > MAX_BYTES;
}
