import { defineEntity, p } from '@mikro-orm/core';
import { flag, idsWithPublicKey, now } from './columns.ts';
import { Dashboard } from './dashboard.ts';
import { Event } from './event.ts';
import { Experiment } from './experiment.ts';
import { FirmwareUpdate } from './firmware-update.ts';
import { LogEntry } from './log-entry.ts';
import { PluginInstance } from './plugin-instance.ts';
import { PluginPackage } from './plugin-package.ts';
import { Rule } from './rule.ts';
import { Webhook } from './webhook.ts';

/** The roles of an account, in databases that have more than an admin flag. */
export const USER_ROLES = ['admin', 'operator', 'viewer'] as const;

export const UserSchema = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    ...idsWithPublicKey(),
    username: p.string().length(50).unique(),
    email: p.string().length(255).unique(),
    hashedPassword: p.string().length(255).hidden(),
    admin: flag(false),
    role: p.enum(USER_ROLES).onCreate(({ admin }: { admin?: boolean }) => (admin ? 'admin' : 'viewer')),
    ssoProvider: p.string().length(100).nullable(),
    ssoSubjectId: p.string().length(255).nullable(),
    createdOn: now(),
    events: () => p.oneToMany(Event).mappedBy('user'),
    experiments: () => p.oneToMany(Experiment).mappedBy('user'),
    logEntries: () => p.oneToMany(LogEntry).mappedBy('user'),
    rules: () => p.oneToMany(Rule).mappedBy('user'),
    webhooks: () => p.oneToMany(Webhook).mappedBy('user'),
    firmwareUpdates: () => p.oneToMany(FirmwareUpdate).mappedBy('user'),
    dashboards: () => p.oneToMany(Dashboard).mappedBy('user'),
    pluginPackages: () => p.oneToMany(PluginPackage).mappedBy('user'),
    pluginInstances: () => p.oneToMany(PluginInstance).mappedBy('user'),
  },
});

/**
 * An account that can log in; an `admin` can change the configuration. The role and the identity at a single sign-on provider
 * exist in the layouts of the WebMACS server that store them.
 */
export class User extends UserSchema.class {}
UserSchema.setClass(User);
