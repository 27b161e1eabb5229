import { describe, expect, test } from 'vitest';
import { checkFile } from '../../src/site-file/check-file.ts';
import { declaredSite } from '../../src/site-file/declare.ts';
import { SiteFileError } from '../../src/site-file/problem.ts';

const EVENT = 'unit: C, min_value: 0, max_value: 1, event_type: sensor';

function read(text: string, variables: Record<string, string> = {}) {
  return declaredSite([{ name: 'site.yaml', text }], { variables });
}

/** What is wrong with a file, one line each. */
function problemsOf(text: string, variables: Record<string, string> = {}): string[] {
  try {
    checkFile(read(text, variables));
  } catch (error) {
    expect(error).toBeInstanceOf(SiteFileError);
    return (error as SiteFileError).message.split('\n');
  }
  return [];
}

describe('a file is refused, with file, line, column, path and what to do', () => {
  test.each<[string, string, string]>([
    ['a number with a leading zero', `events: {A: {${EVENT.replace('0', '012')}}}`, '1:34: 012 is'],
    [
      'digits that a number would lose',
      `rules: {A: {threshold: 12345678901234567890}}`,
      'has more digits than a number keeps',
    ],
    [
      'a key twice',
      `events:\n  A: {${EVENT}}\n  A: {${EVENT}}`,
      'site.yaml:3:3: The key A occurs twice. Remove one of them.',
    ],
    [
      'a key as a number and as a text',
      `events:\n  1: {${EVENT}}\n  "1": {${EVENT}}`,
      'site.yaml:3:3: The key 1 occurs twice.',
    ],
    [
      'a key that YAML would change',
      `events:\n  1.0: {${EVENT}}`,
      'site.yaml:2:3: The key 1.0 would be read as 1. Put it in quotes.',
    ],
    ['the name of the prototype', `events:\n  __proto__: {${EVENT}}`, 'The key __proto__ cannot be used.'],
    ['a variable in braces', `events: {A: {min_value: \${MIN}}}`, `Within braces, put \${NAME} in quotes`],
    ['another version of YAML', `%YAML 1.1\n---\nevents: {}`, 'YAML 1.1 is declared'],
    [
      'yes for true',
      `events:\n  A: {${EVENT}}\nrules:\n  R: {event: A, operator: gt, threshold: 1, action_type: log, enabled: yes}`,
      'rules.R.enabled: Expected true or false, not "yes". Write true.',
    ],
    [
      'a number for a text',
      `events:\n  A: {${EVENT.replace('C', '5')}}`,
      'events.A.unit: Expected a text, not 5. Put it in quotes.',
    ],
    ['an alias without an anchor', 'events: *none', 'The alias *none has no anchor.'],
    [
      'an alias that repeats itself',
      `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghi'
        .split('')
        .map((name, at) => `${name}: &${name} [${`*${'abcdefghi'[at]}, `.repeat(9)}]`)
        .join('\n')}`,
      'Excessive alias count',
    ],
    ['a tag', 'events: !ruby/object {}', 'Unresolved tag. Remove the tag, or put the text in quotes.'],
    [
      'a typing error in a field',
      `events:\n  A:\n    unit: C\n    min_value: 0\n    max_valu: 1\n    event_type: sensor`,
      'site.yaml:5:5: events.A.max_valu: Unknown field "max_valu". Did you mean "max_value"?',
    ],
    [
      'a typing error in a value',
      `events:\n  A: {${EVENT.replace('sensor', 'sensr')}}`,
      '"sensr" is not one of sensor, actuator, range, cmd_button, cmd_opened, cmd_closed. Did you mean "sensor"?',
    ],
    ['an unknown kind', 'evnts: {}', 'Unknown field "evnts". Did you mean "events"?'],
    [
      'a missing field',
      `events:\n  A: {unit: C, min_value: 0, max_value: 1}`,
      'events.A.event_type: The field "event_type" is missing.',
    ],
    ['percent without quotes', 'events:\n  A: {unit: %}', 'Put the text in quotes.'],
    [
      'a plain password',
      `users:\n  a: {email: a@b.org, password: very secret}`,
      'users.a: The password itself is in the file. Write password_from: {env: NAME}, or pass --allow-plain-secrets.',
    ],
    [
      'a variable that is not set',
      `events:\n  A: {unit: "\${UNIT}", min_value: 0, max_value: 1, event_type: sensor}`,
      'The variable UNIT is not set. Set it in the environment, pass --set UNIT=VALUE, or write ',
    ],
    [
      'a row in two documents',
      `events: {A: {${EVENT}}}\n---\nevents: {A: {${EVENT}}}`,
      '"A" is declared twice, first in line 1. Remove one of them.',
    ],
    ['a list where names belong', `events:\n- name: A`, 'events: Expected a mapping, not a list.'],
    ['an open quote', 'events: {A: {unit: "C}}', 'Missing closing "quote.'],
    ['braces in braces without end', `events: ${'{a: '.repeat(20_000)}`, 'It is nested too deeply.'],
    ['an alias as a key', `events: {&a x: {${EVENT}}, *a : {}}`, 'A key must be a text. Put it in quotes.'],
    ['a key that is not a text', 'events: {null: {}}', 'A key must be a text. Put it in quotes.'],
    ['a set', 'plugin_instances: {a: {plugin_id: p, config_json: {x: !!set {a}}}}', 'The tag !!set cannot be used.'],
    [
      'an infinite number in JSON',
      'plugin_instances: {a: {plugin_id: p, config_json: {x: [.inf]}}}',
      'the number Infinity, which JSON has not.',
    ],
    ['an empty command', 'users: {al: {email: a@b.org, password_from: {command: []}}}', 'The command is empty.'],
    ['two roles', 'users: {al: {email: a@b.org, admin: true, role: viewer}}', 'role and admin contradict each other.'],
    ['an unknown field that may be left out', 'users: {al: {email: a@b.org, pasword: x}}', 'Did you mean "password"?'],
    ['an id that no row can have', `events: {A: {public_id: "", ${EVENT}}}`, 'A public id has 1 to 100 letters'],
    ['a hash that is none', 'firmware: {1.0.0: {file_hash_sha256: ab}}', 'Expected 64 lowercase hex digits.'],
    ['a size that is too large', 'firmware: {1.0.0: {file_size_bytes: 3e9}}', 'Expected 0 to 2147483647 bytes.'],
    ['a text with NUL', 'firmware: {1.0.0: {release_notes: "a\\0"}}', 'It contains a NUL character.'],
  ])('%s', (_what, text, problem) => {
    expect(problemsOf(text).join('\n')).toContain(problem);
  });

  test.each([
    ...['*hunter22', '!hunter22', '12345678901234567890', '0123456789', '| hunter22', "'x' hunter22", `"\${hunter22"`],
    ...['{hunter22}', '[hunter22]', '{env: [hunter22]}', '&hunter22'],
  ])('without showing a password that is %s', (text) => {
    for (const field of ['password', 'password_from']) {
      const problems = problemsOf(`users:\n  al:\n    email: a@b.org\n    ${field}: ${text}\n`).join('\n');
      expect(problems).not.toBe('');
      expect(problems).not.toMatch(/hunter22|123456789/);
    }
  });

  test('all that is wrong at once, in the order of the file, but never a secret', () => {
    const text = `events:\n  A: {unit: 1, min_value: x, max_value: 1, event_type: no}\nusers:\n  b: {email: 5, password: hunter22}`;
    const problems = problemsOf(text);
    expect(problems.map((line) => line.split(':').slice(1, 3).join(':'))).toEqual(['2:7', '2:16', '2:44', '4:7']);
    expect(problems.join('\n')).not.toContain('hunter22');
  });
});

describe('a file is read', () => {
  test('with variables in names, texts and numbers, and without one that is escaped', () => {
    const fields = [`unit: "$\${UNIT}"`, `min_value: \${MIN}`, `max_value: \${MAX:-5}`, 'event_type: sensor'];
    const text = `events:\n  "\${NAME}":\n${fields.map((field) => `    ${field}\n`).join('')}`;
    const [row] = read(text, { NAME: 'Bed: 1', MIN: '-2.5' }).rows;
    expect(row).toMatchObject({ name: 'Bed: 1', fields: { unit: `\${UNIT}`, min_value: -2.5, max_value: 5 } });
  });

  test('in which a variable stays a text in quotes, and never becomes more than a value', () => {
    const fields = EVENT.replace('C', `"\${UNIT}"`).replaceAll(', ', '\n    ');
    const text = `events:\n  A:\n    ${fields}\n    owner: \${OWNER}`;
    const [row] = read(text, { UNIT: '5', OWNER: 'x}, B: {unit: C' }).rows;
    expect(row?.fields).toMatchObject({ unit: '5', owner: 'x}, B: {unit: C' });
  });

  test('with anchors and merges', () => {
    const text = `dashboards:
  D:
    widgets:
      a: &base {widget_type: gauge, x: 0, y: 0}
      b: {<<: *base, x: 4}
      c: {<<: [*base], x: 8, title: C}
`;
    const widgets = read(text).rows.filter(({ kind }) => kind === 'widgets');
    expect(widgets.map(({ name, fields }) => [name, fields.title, fields.widget_type, fields.x])).toEqual([
      ['a', 'a', 'gauge', 0],
      ['b', 'b', 'gauge', 4],
      ['c', 'C', 'gauge', 8],
    ]);
  });

  test('as JSON, and with words that older YAML reads otherwise', () => {
    const { rows } = read(
      '{"events": {"no": {"unit": "on", "min_value": 0, "max_value": 1e2, "event_type": "range"}}}',
    );
    expect(rows[0]).toMatchObject({ name: 'no', fields: { unit: 'on', max_value: 100 } });
    expect(read('').rows).toEqual([]);
    expect(read('# nothing\n---\n').rows).toEqual([]);
  });

  test('with names that JavaScript gives a meaning', () => {
    const names = ['constructor', 'toString', 'length'];
    const { rows } = read(`events:\n${names.map((name) => `  ${name}: {${EVENT}}`).join('\n')}`);
    expect(rows.map(({ name }) => name)).toEqual(names);
  });
});
