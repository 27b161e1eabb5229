import { InvalidInputError } from '../errors.ts';
import type { Wanted } from './change.ts';
import { checkSite } from './check-site.ts';
import { matchSite } from './match.ts';
import type { Site } from './model.ts';
import { normalised } from './plan.ts';
import { type Problem, SiteFileError } from './problem.ts';

/**
 * Checks what can be checked without a database: each row, and that they fit together. Other rows that they refer to may be there.
 * @throws SiteFileError with everything that is wrong
 */
export function checkFile(site: Site): void {
  const problems: Problem[] = [];
  const matched = matchSite(site, new Map(), problems);
  const { keys, names } = matched;
  for (const { fields } of site.rows) {
    // The database may have it.
    if (typeof fields.event === 'string' && !keys.events.has(fields.event)) {
      keys.events.set(fields.event, fields.event);
      names.events.set(fields.event, fields.event);
    }
  }
  const wanted = matched.matches.flatMap((match): Wanted[] => {
    const { kind, declared } = match;
    try {
      return [{ kind, name: declared.name, match, ...normalised(undefined, match, matched, declared.fields) }];
    } catch (error) {
      if (!(error instanceof InvalidInputError)) {
        throw error;
      }
      problems.push({ place: declared.place, message: error.message, hint: error.hint });
      return [];
    }
  });
  checkSite(wanted, matched, [], problems);
  if (problems.length > 0) {
    throw new SiteFileError(problems);
  }
}
