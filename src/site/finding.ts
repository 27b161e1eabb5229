/** The result of one check of the server's settings. Contains no secret. */
export interface Finding {
  check: string;
  /** A note is no problem here and now, but may be one elsewhere. */
  status: 'ok' | 'note' | 'problem';
  finding: string;
  fix: string | null;
}

export function ok(check: string, finding: string): Finding {
  return { check, status: 'ok', finding, fix: null };
}

export function note(check: string, finding: string, fix: string | null = null): Finding {
  return { check, status: 'note', finding, fix };
}

export function problem(check: string, finding: string, fix: string): Finding {
  return { check, status: 'problem', finding, fix };
}
