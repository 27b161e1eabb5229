/** The properties of a record that have a value. */
export type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The record without the properties that are undefined: what is left out of a call is not the same as undefined. */
export function defined<T extends object>(record: T): Defined<T> {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  // The type says which of them may be missing; that their values stay as they are, it cannot.
  return Object.fromEntries(entries) as Defined<T>;
}
