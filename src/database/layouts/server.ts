import type { EntityManager } from '@mikro-orm/postgresql';
import { User } from '../../entities/index.ts';
import { LAYOUTS } from './layouts.ts';

/** Whether the tables have a layout of the WebMACS server, so that it works on them as well; told by those of `users`. */
export function belongsToServer(em: EntityManager): boolean {
  const [password] = em.getMetadata().get(User).properties.hashedPassword.fieldNames;
  return password === LAYOUTS['server-roles'].sources.users?.hashedPassword;
}
