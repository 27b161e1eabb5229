import { readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import type { MikroORM } from '@mikro-orm/postgresql';
import { InvalidInputError, NotFoundError } from '../../errors.ts';
import { anyFileError, systemCode } from '../../files/file-error.ts';
import { writeWhole } from '../../files/whole-file.ts';
import { nextDifference } from './difference.ts';
import { type LockOptions, type MigrationClass, migrationNames, statementsOf } from './migrations.ts';

/**
 * Writes the next migration to `directory`, from the difference between the entities and the result of all migrations there,
 * and rewrites the list of migrations. Writes nothing if there is no difference.
 * @param name its purpose, in lower case with underscores
 * @returns the written file, or undefined
 * @throws InvalidInputError for an invalid name, NotFoundError for a missing directory
 */
export async function generateMigration(
  orm: MikroORM,
  directory: string,
  name: string,
  now: Date,
  lock: LockOptions,
): Promise<string | undefined> {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new InvalidInputError(`"${name}" is not a valid name for a migration.`, {
      hint: 'Use lower-case letters, digits and underscores, such as add_event_color.',
    });
  }
  const files = await migrationFiles(directory);
  const known = new Set(migrationNames(orm));
  const unbuilt = files.filter((file) => !known.has(basename(file, '.ts')));
  const statements: string[] = [];
  for (const file of unbuilt) {
    statements.push(...(await statementsOfFile(orm, join(directory, file))));
  }
  const { up, down } = await nextDifference(orm, statements, lock);
  if (up.length === 0) {
    return undefined;
  }
  const className = `Migration${now.toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`;
  const file = join(directory, `${className}.ts`);
  await writeFile(file, migrationSource(className, up, down), { flag: 'wx' });
  await writeWhole(join(directory, 'index.ts'), listSource([...files, `${className}.ts`]));
  return file;
}

async function migrationFiles(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((file) => /^Migration\d{14}_\w+\.ts$/.test(file)).sort();
  } catch (cause) {
    throw systemCode(cause) === 'ENOENT'
      ? new NotFoundError(`The directory ${directory} for migrations does not exist.`, {
          hint: 'Run this in a checkout of the source, or set the directory with --directory.',
          cause,
        })
      : anyFileError(cause, directory);
  }
}

async function statementsOfFile(orm: MikroORM, file: string): Promise<string[]> {
  // Node.js runs the erasable TypeScript of a migration; the built program does not have import().
  const module: Record<string, MigrationClass> = createRequire(import.meta.url)(resolve(file));
  const Type = module[basename(file, '.ts')];
  if (!Type) {
    throw new InvalidInputError(`${file} does not export a class with its own name.`);
  }
  return await statementsOf(orm, Type);
}

function migrationSource(className: string, up: string[], down: string[]): string {
  const body = (statements: string[]) =>
    statements.map((sql) => `    this.addSql(\`${sql.replace(/[`$\\]/g, '\\$&')}\`);\n`).join('');
  return `import { Migration } from '@mikro-orm/migrations';

export class ${className} extends Migration {
  override name = '${className}';

  override up(): void {
${body(up)}  }

  override down(): void {
${body(down)}  }
}
`;
}

function listSource(files: string[]): string {
  const names = files.map((file) => basename(file, '.ts'));
  return `${names.map((name) => `import { ${name} } from './${name}.ts';`).join('\n')}

/** All migrations, the oldest first. */
export const migrations = [${names.join(', ')}];
`;
}
