import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readPlainYaml } from '../../src/site-file/plain-yaml.ts';

/** What `yaml` reads, or what is wrong. */
function judged(text: string): unknown {
  const documents = parseAllDocuments(text, { merge: true, prettyErrors: false });
  if (!Array.isArray(documents) || documents.length !== 1) {
    return 'not one document';
  }
  const wrong = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  return wrong.length > 0 ? wrong.map(({ message }) => message) : documents[0]?.toJS();
}

const PLAIN = `# of the lab
users:
    admin: {email: admin@lab.org, admin: true, password_from: {env: P}}   # first
events:

  Bed 1 (°C): { unit: '%', min_value: -1.50, max_value: 1000 }
# two
  "Wall": # three
    unit: "°C"
    min_value: 0
empty:
webhooks:
  https://lab.org:80/a+b: {events: [ sensor.reading, x ], none: [], nothing: {}, enabled: false, secret: null}
`;

describe('the plain part of YAML', () => {
  test('is read as yaml reads it', () => {
    expect(readPlainYaml(PLAIN)).toStrictEqual(judged(PLAIN));
  });

  test.each([
    '',
    'a: 1\na: 2',
    'a: {b: 1, b: 2}',
    'a: True',
    'null: 1',
    'a: 012',
    'a: 1.',
    'a: 1234567890123456',
    'a: 1e3',
    'a: b: c',
    'a: b\n  c',
    'a: b\n  c: d',
    'a:\n    b: 1\n  c: 2',
    'a:\n- b',
    'a: {b: 1',
    'a: &b c',
    `a: 'it''s'`,
    'a: "\\n"',
    `a: "\${B}"`,
    `a: \${B}`,
    '<<: {a: 1}',
    '__proto__: 1',
    '---\na: 1',
    'a: 1\n---\nb: 1',
    'a: 1\r\nb: 2',
    'a:\tb',
    '%YAML 1.1\n---\na: 1',
    `a: ${'{a: '.repeat(50_000)}`,
  ])('is not %j', (text) => {
    expect(readPlainYaml(text)).toBeUndefined();
  });

  test('is never read in another way than yaml reads it', () => {
    const pieces = [
      ...[
        'a',
        'b',
        'Bed 1',
        'é',
        'true',
        'Null',
        'no',
        'x.y',
        'a:b',
        'https://a/b',
        '<<',
        '-',
        '- ',
        '0',
        '-0',
        '12',
        '.5',
        '1.50',
        '1e3',
      ],
      ...[
        ': ',
        ':',
        ' ',
        '  ',
        '\n',
        '\n  ',
        '\n    ',
        '\n\n',
        ' #c',
        '#',
        '# d: 1\n',
        ', ',
        ',',
        '{',
        '}',
        '[',
        ']',
        '{a: 1}',
        '[a, 1]',
      ],
      ...[
        `'`,
        '"',
        `'q r'`,
        '"1"',
        `''`,
        '%',
        '@',
        '!',
        '&',
        '*',
        '|',
        '>',
        '?',
        '? ',
        '\t',
        '\r',
        '\u2028',
        '---',
        '...',
        'a: ',
        'b:\n  c: ',
      ],
    ];
    const lines = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(''));
    // A plain text in which a few characters are replaced.
    const damaged = fc
      .array(fc.tuple(fc.nat(PLAIN.length), fc.nat(3), fc.constantFrom(...pieces)), { maxLength: 2 })
      .map((edits) =>
        edits.reduce((text, [at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length), PLAIN),
      );
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof(lines, damaged), (text) => {
        const value = readPlainYaml(text);
        if (value !== undefined) {
          plain++;
          expect(value).toStrictEqual(judged(text));
        }
      }),
      { numRuns: 3000, seed: 17 },
    );
    expect(plain).toBeGreaterThan(300);
  });
});
