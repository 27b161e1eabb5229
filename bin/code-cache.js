// Loads the program with the bytecode that earlier runs compiled. Node's own compile cache only keeps what is compiled when a
// file is loaded, not the functions compiled on first call: these are most of what a short command needs, and compiling them
// again takes a third of its time.
const {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join, resolve } = require('node:path');
const { Script } = require('node:vm');

/**
 * Returns the exports of `program`, a file with the function that Node makes of a CommonJS module, of ASCII characters and without
 * `import()`; and `keep`, to be called after a command: it saves the compiled code in `folder` for the next run, once per kind of
 * command.
 */
exports.load = function load(program, folder) {
  const { dev, ino, size, ctimeMs } = statSync(program);
  const name = program.replace(/[^\w.-]+/g, '_').slice(-200);
  const file = join(folder, `${name}-${process.version}-${process.arch}`);
  // Not the modification time: archives restore it, and V8 itself only compares the length of the source.
  const identity = [dev, ino, size, ctimeMs].join(' ');
  const cache = read(file, identity);
  const script = new Script(readFileSync(program, 'latin1'), {
    filename: program,
    ...(cache && { cachedData: cache.code }),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(program), module, program, dirname(program));
  const commands = cache && !script.cachedDataRejected ? cache.commands : [];
  return {
    exports: module.exports,
    keep(command) {
      if (command !== undefined && !commands.includes(command)) {
        write(file, { identity, commands: [...commands, command] }, script.createCachedData(), module.exports);
      }
    },
  };
};

/** Returns what was saved for exactly this program, unless another user could have written it: V8 runs it unchecked. */
function read(file, identity) {
  let handle;
  try {
    if (!isOwn(dirname(file))) {
      return undefined;
    }
    handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(handle);
    if (!stats.isFile() || !isOnlyWritableByUser(stats)) {
      return undefined;
    }
    const bytes = readFileSync(handle);
    const end = bytes.indexOf('\n');
    const head = JSON.parse(bytes.toString('utf8', 0, end));
    return head.identity === identity && Array.isArray(head.commands)
      ? { ...head, code: bytes.subarray(end + 1) }
      : undefined;
  } catch {
    // Missing or unreadable: the program is compiled.
    return undefined;
  } finally {
    if (handle !== undefined) {
      closeSync(handle);
    }
  }
}

/** Writes under a temporary name first, so that the file is complete under its name, even after a power failure. */
function write(file, head, code, { makeOwnFolder, partPath, removeAbandoned }) {
  try {
    const folder = dirname(file);
    if (!mayCreate(folder)) {
      return;
    }
    makeOwnFolder(folder);
    if (!isOwn(folder)) {
      return;
    }
    removeAbandoned(folder);
    const part = partPath(file);
    const handle = openSync(part, 'wx', 0o600);
    try {
      writeFileSync(handle, `${JSON.stringify(head)}\n`);
      writeFileSync(handle, code);
      fsyncSync(handle);
      renameSync(part, file);
    } catch (error) {
      rmSync(part, { force: true });
      throw error;
    } finally {
      closeSync(handle);
    }
  } catch {
    // No home directory, or it is full or read-only: the next run compiles again.
  }
}

/** Whether no other user can write to a folder nor, for root, replace it. */
function isOwn(folder) {
  return isOnlyWritableByUser(statSync(folder)) && mayCreate(folder);
}

function isOnlyWritableByUser({ uid, mode }) {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

/** Root creates nothing below a folder of another user, who could redirect the path. */
function mayCreate(folder) {
  if (process.getuid?.() !== 0) {
    return true;
  }
  let at = resolve(folder);
  while (!lstatSync(at, { throwIfNoEntry: false })) {
    at = dirname(at);
  }
  return [at, realpathSync(at)].every(isRootPath);
}

function isRootPath(path) {
  const { uid, mode } = lstatSync(path);
  const isOpen = (mode & 0o002) !== 0 && (mode & 0o1000) === 0 && (mode & constants.S_IFMT) !== constants.S_IFLNK;
  return uid === 0 && !isOpen && (path === dirname(path) || isRootPath(dirname(path)));
}
