import type { Topic } from './topics.ts';

export const TEXTS: Record<Topic, string> = {
  environment: `
The database is the first of these that is set:
  --database-url      an option of every command; other users of the computer can see it while the command runs
  --connection        its name in the configuration file, see "webmacs config connections"
  DATABASE_URL        postgresql://USER:PASSWORD@HOST:PORT/DATABASE
  WEBMACS_CONNECTION  as --connection
  PGHOST, …           the variables of psql: PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, PGSSLMODE and others
  connection          in the configuration file: webmacs config connections use NAME
  database_url        in the configuration file: webmacs config set database_url < url.txt
  (none)              an embedded PostgreSQL 17 server, which starts with the first command and stops with the last

A URL and a connection are refused together as options, and together as variables.

Variables:
  WEBMACS_CONFIG          the configuration file; "webmacs config path" prints which one is used
  WEBMACS_USER            owner of new rows, as --as
  WEBMACS_TIMEZONE        time zone of times without an offset, see "webmacs help time"
  WEBMACS_PASSWORD        password of "users create" and "users passwd"
  WEBMACS_WEBHOOK_SECRET  secret of the webhook commands
  WEBMACS_PLUGIN_DIR      folder of the plugin packages
  WEBMACS_PAGER           what prints long lists on a terminal; else PAGER, or less -FRX
  WEBMACS_DATA_DIR        data directory of the embedded server
  WEBMACS_SOURCE_URL      database that "migrate-from" reads
  WEBMACS_DEBUG           print the stack of an unexpected failure
  HTTPS_PROXY, NO_PROXY   proxy of webhooks; also HTTP_PROXY
  NO_COLOR                no colours
  TERM=dumb               no colours, ASCII in tables and drawings, and progress as plain lines
  XDG_CONFIG_HOME         where the configuration file is, in webmacs/
  XDG_DATA_HOME           where the data of the embedded server is, in webmacs/
  XDG_CACHE_HOME          where compiled code is kept, in webmacs/

"webmacs config show --origin" prints the settings that apply, and where each comes from.
`,
  'exit-codes': `
Exit codes:
  0    success, also for an empty list
  1    unexpected failure
  2    usage error or invalid input
  3    not found
  4    conflict: a name is taken, a file exists, the last admin
  5    database unreachable, refused or not migrated
  6    a requested check failed
  7    lock timeout
  130  interrupted

Errors are printed to standard error, with what to do next. With --json, --format json or ndjson an error is one JSON object on one line:
  {"error":{"kind":"not_found","message":"…","hint":"…","exit_code":3}}
`,
  formats: `
Data is printed to standard output, everything else to standard error.

--format:
  table    the default: a table on a terminal; elsewhere lines of values separated by tabs, without a header
  json     one document: an array for a list, an object for one row; --json is short for it
  ndjson   one JSON object per line
  csv      with a header

A table fits the window: it hides less important columns, and prints how many; then it cuts texts, but no numbers and times. Times are in your time zone, see "webmacs help time"; the head names their offset from UTC. A public id is its first 8 characters, or as many as tell the rows apart. · is a missing value.

The keys of JSON are the names of the columns, the same for a row in list, show, create and update; "created" is whether a create made the row. A time is printed in one form: in UTC, with six digits of the second, or none if they are zero:
  2026-01-31T12:45:00+00:00
  2026-01-31T12:45:00.250000+00:00

Characters that could act on a terminal are printed escaped there, in JSON always, and unchanged in CSV in a pipe.

Where a command writes files, as exports do, --format is the format of the file, and --json prints a report about it.

On a terminal, a line shows how far a command is; --progress plain prints lines instead, also without a terminal, and --progress none nothing.

--quiet prints data and errors only. Colours are off in pipes, with --no-color, and if NO_COLOR is set.
`,
  time: `
A time is one of:
  2026-01-31T13:45:00+01:00   ISO 8601 with an offset, or Z for UTC
  2026-01-31T13:45            without an offset, in the time zone below
  2026-01-31                  the start of that day
  now, today, yesterday       the last two are the start of the day
  -2h, -90d                   that long ago

The time zone of times without an offset is the first of --timezone, WEBMACS_TIMEZONE, "webmacs config set timezone", TZ, and that of the system. Imports use only the first three, and otherwise reject such times. A time that the clocks skip or repeat is refused, with the times to choose from. Tables show times in that zone, so a time copied from there can be given to --from.

--from is inclusive, --to is exclusive.

A duration is a number with a unit: s, m or min, h, d, w, such as 90s, 12h or 2w; or ISO 8601, such as P90D.
`,
  names: `
Any of these names a row in a command:
  its name         of users the user name, of webhooks the URL, of firmware the version
  its public id    as lists print it with --json
  a part of that   its first 8 or more characters, if they are those of one row only

A public id always wins over a name. A text that fits several rows is a conflict (exit code 4) that shows them. Names with blanks are quoted for the shell: "Bed temperature".

If no row has the name, case and the number of blanks are ignored. On a terminal, the only row whose name starts so, or is close, is offered; it is used after a yes only, and never with --yes.

What is missing is asked for on a terminal: webmacs experiments export. Rows are found by typing a part of them. Esc goes back to the question before, and at the first one it cancels (exit code 130).

Tab completes names from the database: webmacs completion --help
`,
};
