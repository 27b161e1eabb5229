/** A record whose undefined properties are omitted. */
export type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Returns the record without its undefined properties: an omitted option is not the same as an undefined one. */
export function defined<T extends object>(record: T): Defined<T> {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  // Object.fromEntries loses the types of the properties.
  return Object.fromEntries(entries) as Defined<T>;
}
