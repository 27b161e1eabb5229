import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from '@mikro-orm/postgresql';
import { InvalidInputError, WebmacsError } from '../errors.ts';
import { type DeclareOptions, declaredSite } from './declare.ts';
import { dumpSite } from './dump.ts';
import { matchSite } from './match.ts';
import type { Declared } from './model.ts';
import { askedFields, normalised } from './plan.ts';
import { type Problem, SiteFileError } from './problem.ts';
import type { Source } from './sources.ts';
import { Splice } from './splice.ts';
import { storedSite } from './stored.ts';

/**
 * Returns the text of a file with what the database has otherwise: changed values, new rows, and without rows that are gone.
 * Everything else stays as it is: comments, order, blanks, variables.
 * @throws SiteFileError; WebmacsError if the file is written so that this is not possible
 */
export async function mergedDump(em: EntityManager, source: Source, options: DeclareOptions): Promise<string> {
  const splice = new Splice(source.text);
  const problems: Problem[] = [];
  const site = declaredSite([source], options);
  const matched = matchSite(site, await storedSite(em), problems);
  if (problems.length > 0) {
    throw new SiteFileError(problems);
  }
  const present = new Set<Declared>();
  for (const match of matched.matches) {
    const { declared, stored, kind } = match;
    const isKept = !declared.parent || present.has(declared.parent);
    if (!stored && isKept) {
      splice.remove(declared.path);
    } else if (stored) {
      present.add(declared);
    }
    if (stored && !kind.isCreateOnly) {
      const { fields } = normalised(em, match, matched, askedFields(match));
      const different = Object.entries(stored.fields).filter(
        ([field, value]) => !isDeepStrictEqual(fields[field], value),
      );
      for (const [field, value] of different) {
        splice.set([...declared.path, field], value);
      }
    }
  }
  const { items } = await dumpSite(em);
  const declaredOf = new Map(matched.matches.map(({ stored, declared }) => [stored?.row.publicId, declared]));
  for (const { row, isListed } of matched.others) {
    const item = items.get(row.publicId);
    // A row without an item is left out of dumps, or its parent is added with it.
    const parent = item?.parent && declaredOf.get(item.parent.publicId);
    if (item && isListed && (parent || !item.parent)) {
      const { owner, ...fields } = item.fields;
      const isKnown = owner === undefined || owner === site.owner;
      splice.set([...(parent?.path ?? []), item.kind, item.key], isKnown ? fields : { ...fields, owner });
    }
  }
  const text = splice.toString();
  await requireEqual(em, { name: source.name, text }, options);
  return text;
}

/** @throws WebmacsError unless the text declares the database as it is */
async function requireEqual(em: EntityManager, source: Source, options: DeclareOptions): Promise<void> {
  if (!(await isEqual(em, source, options))) {
    throw new WebmacsError(`${source.name} is written in a way that the changes cannot be merged into.`, {
      hint: 'Compare it with the output of "webmacs dump", and edit it.',
    });
  }
}

async function isEqual(em: EntityManager, source: Source, options: DeclareOptions): Promise<boolean> {
  const problems: Problem[] = [];
  try {
    const matched = matchSite(declaredSite([source], options), await storedSite(em), problems);
    return (
      problems.length === 0 &&
      matched.matches.every((match) => {
        const { stored, kind } = match;
        return (
          stored &&
          (kind.isCreateOnly ||
            isDeepStrictEqual(normalised(em, match, matched, askedFields(match)).fields, stored.fields))
        );
      })
    );
  } catch (error) {
    if (error instanceof InvalidInputError) {
      return false;
    }
    throw error;
  }
}
