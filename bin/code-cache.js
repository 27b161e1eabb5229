// Loads the program with the bytecode that earlier runs have made of it. Node has a compile cache of its own, but that
// keeps what is compiled when a file is loaded, not the functions that are compiled when they are first called: those are
// most of what a short command needs, and compiling them anew takes a third of its time.
const {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
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
 * The exports of `program`, a CommonJS file of ASCII characters without `import()`, and `keep`, which is called when a
 * command has ended: what it has compiled is kept in `folder` for the next run, once for each kind of command.
 */
exports.load = function load(program, folder) {
  const { dev, ino, size, ctimeMs } = statSync(program);
  const place = program.replace(/[^\w.-]+/g, '_').slice(-200);
  const file = join(folder, `${place}-${process.version}-${process.arch}`);
  // Not the time of modification: an archive restores it, and V8 itself compares no more than the length.
  const identity = [dev, ino, size, ctimeMs].join(' ');
  const cache = read(file, identity);
  const source = readFileSync(program, 'latin1');
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
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
        write(file, { identity, commands: [...commands, command] }, script.createCachedData());
      }
    },
  };
};

/** What was kept for this very program, if nobody else can have written it: V8 runs it as it is. */
function read(file, identity) {
  let handle;
  try {
    if (!isOwn(dirname(file))) {
      return undefined;
    }
    handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(handle);
    if (!stats.isFile() || !isForUserAlone(stats)) {
      return undefined;
    }
    const bytes = readFileSync(handle);
    const end = bytes.indexOf('\n');
    const head = JSON.parse(bytes.toString('utf8', 0, end));
    return head.identity === identity && Array.isArray(head.commands)
      ? { ...head, code: bytes.subarray(end + 1) }
      : undefined;
  } catch {
    // There is none yet, or none that can be read: the program is compiled.
    return undefined;
  } finally {
    if (handle !== undefined) {
      closeSync(handle);
    }
  }
}

/** Under its name it is whole, also after a power failure; until then it has a name that nobody can know. */
function write(file, head, code) {
  try {
    const folder = dirname(file);
    if (!mayMake(folder)) {
      return;
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOwn(folder)) {
      return;
    }
    const part = `${file}.${require('node:crypto').randomBytes(8).toString('hex')}`;
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
    // No home, or one that is full or cannot be written to: the next run takes as long as this one.
  }
}

/** Whether a folder is one that no other user can write into, nor, for root, put another in its place. */
function isOwn(folder) {
  return isForUserAlone(statSync(folder)) && mayMake(folder);
}

function isForUserAlone({ uid, mode }) {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

/** Root makes nothing where the way leads through what belongs to somebody else, who could bend it. */
function mayMake(folder) {
  if (process.getuid?.() !== 0) {
    return true;
  }
  let at = resolve(folder);
  while (!lstatSync(at, { throwIfNoEntry: false })) {
    at = dirname(at);
  }
  return [at, realpathSync(at)].every(isRootsWay);
}

function isRootsWay(path) {
  const { uid, mode } = lstatSync(path);
  const isOpen = (mode & 0o002) !== 0 && (mode & 0o1000) === 0 && (mode & constants.S_IFMT) !== constants.S_IFLNK;
  return uid === 0 && !isOpen && (path === dirname(path) || isRootsWay(dirname(path)));
}
