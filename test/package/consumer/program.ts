// A program as somebody else would write it: finds rows, deletes one, and prints what it found.
import {
  Database,
  deleteByPublicId,
  Event,
  getOr404,
  NotFoundError,
  type PaginatedResponse,
  paginate,
  targetFromUrl,
  toRow,
  User,
} from 'webmacs';

await using database = await Database.open(targetFromUrl(process.argv[2] ?? '', process.env, 'The argument'));
const { em } = database;

const { items: users, total } = await paginate(em, User, { pageSize: 20, orderBy: { username: 'asc' } });
const events = await paginate(em, Event, { pageSize: 20, orderBy: { name: 'asc' } });
const named: PaginatedResponse<{ name: string; unit: string }> = events;
const first = await getOr404(em, Event, events.items[0]?.publicId ?? '', 'Event');
const { status } = await deleteByPublicId(em, Event, first.publicId, 'Event');
const failure: unknown = await getOr404(em, Event, first.publicId, 'Event').catch((error: unknown) => error);

console.log(
  JSON.stringify({
    layout: database.layout.name,
    total,
    admin: users[0]?.admin,
    names: named.items.map(({ name }) => name),
    unit: toRow(em, Event, first).unit,
    status,
    missing: failure instanceof NotFoundError,
  }),
);
