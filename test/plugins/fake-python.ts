import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Records installed packages; fails for a version, or is slow, if a file of that name exists beside it. The shell does all
 * of it where it can: each program that it started would take as long as everything else.
 */
const SCRIPT = `#!/bin/sh
here=\${0%/*}
# All installed ones but this.
without() {
  kept=
  while read -r line; do case $line in "$1 "*) ;; *) kept="$kept$line
" ;; esac; done < "$here/state"
}
for last; do :; done
case "$*" in
  "-I -c"*)
    separator=
    printf '['
    while read -r name version; do printf '%s["%s", "%s"]' "$separator" "$name" "$version"; separator=', '; done < "$here/state"
    echo ']' ;;
  *" install "*)
    echo "$*" >> "$here/log"
    file=\${last##*/}; rest=\${file#*-}; version=\${rest%%-*}; name=\${file%%-*}
    while [ "$name" != "\${name#*_}" ]; do name=\${name%%_*}-\${name#*_}; done
    if [ -e "$here/fail-$version" ]; then echo "ERROR: $file does not fit"; exit 1; fi
    if [ -e "$here/slow" ]; then : > "$here/running"; sleep 1; rm "$here/running"; fi
    [ -f "$last" ] || { echo "ERROR: there is no $last"; exit 1; }
    without "$name"; echo "$kept$name $version" > "$here/state" ;;
  *" uninstall "*)
    echo "$*" >> "$here/log"
    if [ -e "$here/fail-uninstall" ]; then echo "ERROR: it is stuck"; exit 1; fi
    case $last in *[A-Z_.]*) last=$(echo "$last" | tr A-Z_. a-z--) ;; esac
    without "$last"; printf %s "$kept" > "$here/state" ;;
esac
exit 0
`;

/** A fast fake of Python, whose packages and failures a test controls. */
export interface FakePython {
  path: string;
  /** One line per package, such as `demo-plugin 1.0`. */
  packages(): string[];
  /** The arguments of each install and uninstall. */
  calls(): string[];
  /** `fail-1.1`, `fail-uninstall` or `slow`. */
  set(flag: string, on?: boolean): void;
  running(): boolean;
}

export function fakePython(folder: string, name = 'python'): FakePython {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, SCRIPT);
  chmodSync(path, 0o755);
  const lines = (file: string) => {
    const text = existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : '';
    return text.split('\n').filter(Boolean);
  };
  writeFileSync(join(folder, 'state'), '');
  return {
    path,
    packages: () => lines('state'),
    calls: () => lines('log'),
    set: (flag, on = true) => (on ? writeFileSync(join(folder, flag), '') : rmSync(join(folder, flag))),
    running: () => existsSync(join(folder, 'running')),
  };
}
