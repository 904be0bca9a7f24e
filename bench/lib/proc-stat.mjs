import { readdirSync, readFileSync } from 'node:fs';

// USER_HZ, the unit of utime and stime: 100 on every Linux that Node 20 runs on.
const MS_PER_TICK = 10;

/** Fields of /proc/<pid>/stat after the command name, which may itself hold spaces and brackets. */
function statFields(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** @returns {number[]} a process and all its living descendants */
export function processTree(rootPid) {
  const childrenOf = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const parent = Number(statFields(entry)[1]);
      childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(entry)]);
    } catch {} // gone between the listing and the reading
  }
  const tree = [rootPid];
  for (const pid of tree) tree.push(...(childrenOf.get(pid) ?? []));
  return tree;
}

/** CPU time in ms that a process tree has used so far, its finished children (cutime, cstime) included. */
export function treeCpuMs(rootPid) {
  let ticks = 0;
  for (const pid of processTree(rootPid)) {
    const [utime, stime, cutime, cstime] = statFields(pid).slice(11, 15).map(Number);
    ticks += utime + stime + cutime + cstime;
  }
  return ticks * MS_PER_TICK;
}

/** Resident memory in MiB of a process tree. Shared pages count once for each process. */
export function treeRssMiB(rootPid) {
  let kib = 0;
  for (const pid of processTree(rootPid)) {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    kib += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return kib / 1024;
}

/** CPU time in ms of a process's threads, to the microsecond; a thread that has ended takes its time with it. */
export function threadsCpuMs(pid) {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0]);
  }
  return nanoseconds / 1e6;
}
