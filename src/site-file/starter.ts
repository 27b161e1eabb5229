/** The name of the JSON Schema that the starter file names. */
export const SCHEMA_FILE = 'site.schema.json';

export const STARTER = `# yaml-language-server: $schema=./${SCHEMA_FILE}
#
# A WebMACS site. Look at what would change, then apply it:
#   webmacs diff -f site.yaml
#   webmacs apply -f site.yaml
# \${NAME} and \${NAME:-default} are replaced by environment variables; $\${ is a literal \${.

# The owner of all rows below that name no other one. The first apply needs ALICE_PASSWORD in the environment.
owner: alice

users:
  alice:
    email: alice@lab.example
    role: admin
    password_from: {env: ALICE_PASSWORD}        # or {file: alice.txt}, or {command: [pass, show, lab/alice]}

events:
  Bed temperature:
    unit: °C
    min_value: 0
    max_value: 900
    event_type: sensor                          # sensor, actuator, range, cmd_button, cmd_opened, cmd_closed
  Air valve:
    unit: '%'
    min_value: 0
    max_value: 100
    event_type: actuator

rules:
  Overheat:
    event: Bed temperature
    operator: gt                                # gt, lt, eq, gte, lte, between, not_between
    threshold: \${OVERHEAT:-850}
    action_type: log                            # log, or webhook
    cooldown_seconds: 60

# webhooks:
#   https://lab.example/hook:
#     events: [sensor.threshold_exceeded]
#     secret_from: {env: HOOK_SECRET}

dashboards:
  Overview:
    is_global: true
    widgets:
      Bed temperature:                          # the key, and the title if there is no other
        widget_type: line_chart                 # line_chart, gauge, stat_card, actuator_toggle
        event: Bed temperature
        x: 0
        y: 0
        w: 8
        h: 4
      Air valve:
        widget_type: actuator_toggle
        event: Air valve
        x: 8
        y: 0

# plugin_instances:
#   Rig 1:
#     plugin_id: demo
#     demo_mode: true
#     channels:
#       AI0:
#         channel_name: Bed
#         direction: input                      # input, output, bidirectional
#         unit: °C
#         event: Bed temperature
`;
