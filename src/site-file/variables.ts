/** A reference such as `${NAME}` or `${NAME:-default}`; `$${` stands for `${`. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{[^}]*\}?/g;

/** A text with its variables replaced, or what is wrong with it. */
export type Replaced = { text: string } | { problem: string; hint?: string };

/** Replaces the variables of a text. An empty variable with a default counts as missing, as in a shell. */
export function replaceVariables(text: string, values: Readonly<Record<string, string | undefined>>): Replaced {
  let problem: { problem: string; hint?: string } | undefined;
  const replaced = text.replace(REFERENCE, (reference, name: string | undefined, otherwise: string | undefined) => {
    if (reference === '$${') {
      return '${';
    }
    if (name === undefined) {
      problem ??= {
        problem: `${reference} is not a variable.`,
        hint: `Write \${NAME}, \${NAME:-default}, or $\${ for a literal \${.`,
      };
      return '';
    }
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined && otherwise === undefined) {
      problem ??= {
        problem: `The variable ${name} is not set.`,
        hint: `Set it in the environment, pass --set ${name}=VALUE, or write \${${name}:-default}.`,
      };
    }
    return (otherwise === undefined ? value : value || otherwise) ?? '';
  });
  return problem ?? { text: replaced };
}

/** Returns a text as it must be written so that nothing in it is replaced. */
export function escapeVariables(text: string): string {
  return text.replace(/\$\{/g, (reference) => `$${reference}`);
}
