import { layout } from '../support/site.ts';

const ROLES = layout === 'server-roles';

/** A file that uses every field of every kind that the layout can store. */
export const WHOLE_SITE = `
owner: alice
users:
  alice:
    email: alice@lab.org
    ${ROLES ? 'role: admin' : 'admin: true'}
    password_from: {env: ALICE}
  bob:
    email: bob@lab.org
    role: ${ROLES ? 'operator' : 'viewer'}
    password_from: {env: BOB}${ROLES ? '\n    sso_provider: keycloak\n    sso_subject_id: "42"' : ''}
events:
  "no": {unit: '%', min_value: -1.5, max_value: 1e3, event_type: actuator, owner: bob}
  'Temp: $\${bed}': {unit: °C, min_value: 0, max_value: 900, event_type: sensor}
rules:
  Hot:
    event: 'Temp: $\${bed}'
    operator: between
    threshold: 850
    threshold_high: 900.25
    action_type: webhook
    webhook_event_type: system.health_changed
    enabled: false
    cooldown_seconds: 5
  Log: {event: "no", operator: lt, threshold: 0, action_type: log, owner: bob}
webhooks:
  https://lab.org/hook?a=1:
    events: [experiment.started, sensor.threshold_exceeded]
    enabled: false
    secret_from: {env: HOOK}
  https://lab.org/plain: {events: [sensor.reading]}
dashboards:
  Overview:
    is_global: true
    widgets:
      Flow: {widget_type: gauge, event: "no", config_json: {color: red, list: [1, {a: null}]}, x: 0, y: 0, w: 6, h: 2}
      second: {title: Flow, widget_type: stat_card, x: 6, y: 0}
  bob's: {name: Overview, owner: bob, widgets: {}}
plugin_instances:
  Rig 1:
    plugin_id: demo
    demo_mode: true
    enabled: false
    config_json: {port: 1}
    channels:
      AI0: {channel_name: Bed, direction: input, unit: °C, event: 'Temp: $\${bed}'}
      AO1: {channel_name: Valve, direction: bidirectional, unit: '%'}
firmware:
  1.2.3: {release_notes: "fixes\\nmore", file_path: /tmp/a.bin, file_hash_sha256: ${'ab'.repeat(32)}, file_size_bytes: 12}
experiments:
  Run 1: {started_on: 2026-01-01T00:00:00+01:00, stopped_on: '2026-01-01T02:00:00.5Z'}
`;

/** The passwords and secrets that it needs. */
export const SECRETS = { ALICE: 'alice-secret', BOB: 'bob-secret', HOOK: 'hook-secret' };

/** The same for the variables that a dump of it names. */
export const DUMPED_SECRETS = {
  ALICE_PASSWORD: SECRETS.ALICE,
  BOB_PASSWORD: SECRETS.BOB,
  LAB_ORG_HOOK_A_1_SECRET: SECRETS.HOOK,
};
