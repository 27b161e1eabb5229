import { hasSso, identityColumns } from '../../auth/sso.ts';
import { checkUsername, privilegeColumns, storedEmail } from '../../auth/users.ts';
import { User } from '../../entities/index.ts';
import { emailAddress } from '../../text/email-address.ts';
import type { FieldsOf } from '../format.ts';
import { defineKind } from '../model.ts';

export const USERS = defineKind<User, FieldsOf<'users'>>({
  name: 'users',
  singular: 'user',
  entity: User,
  uniques: ['username', 'email'],
  nameOf: ({ username }) => username,
  fieldsOf: ({ email, role, admin, ssoProvider, ssoSubjectId }) => ({
    email,
    role: role ?? (admin ? 'admin' : 'viewer'),
    sso_provider: ssoProvider ?? null,
    sso_subject_id: ssoSubjectId ?? null,
  }),
  columns(em, username, { email, role, sso_provider: provider, sso_subject_id: subject }, _keys, before) {
    checkUsername(username, before?.username);
    if (!em) {
      return { username, email: emailAddress(email, { specialUse: true }) };
    }
    const hasRoles = 'role' in em.getMetadata().get(User).properties;
    const isLinked = provider !== null || subject !== null;
    return {
      username,
      email: storedEmail(em, email),
      ...privilegeColumns(em, hasRoles || role === 'operator' ? { role } : { admin: role === 'admin' }, before),
      ...(isLinked
        ? identityColumns(em, { provider: provider ?? '', subject: subject ?? '' })
        : hasSso(em) && NO_IDENTITY),
    };
  },
});

const NO_IDENTITY = { ssoProvider: null, ssoSubjectId: null };
